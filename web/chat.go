package web

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"licet"
	"licet/app"
	"licet/draft"
)

// modelName is the name under which programs ask for whatever is served.
const modelName = "licet"

func modelID(d licet.Digest) string { return modelName + "-" + d.String() }

// models lists what is served, with the checkpoints that it is merged from, so
// that anybody can compare an answer's model with the log.
func (s *Server) models(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	served, err := s.app.Served(r.Context())
	if errors.Is(err, app.ErrNoModel) {
		writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{}})
		return nil
	}
	if err != nil {
		return err
	}
	type shard struct {
		Shard      int          `json:"shard"`
		Slices     int          `json:"slices"` // learned, of the model's
		Of         int          `json:"of"`
		Checkpoint licet.Digest `json:"checkpoint"`
	}
	shards := make([]shard, len(served.Points))
	for i, p := range served.Points {
		shards[i] = shard{i, served.Slices[i], served.Of, p}
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{
		"id": modelID(served.Adapter), "object": "model", "created": s.app.Now().Unix(), "owned_by": s.app.Ledger().Origin(),
		"licet": map[string]any{
			"adapter": served.Adapter, "run": served.Run, "exact": served.Exact, "position": served.At, "gone": served.Gone, "shards": shards,
			"base": licet.Digest(served.Base.Digest()),
		},
	}}})
	return nil
}

// chatRequest is the part of an OpenAI chat completion request that is read.
type chatRequest struct {
	Model     string        `json:"model"`
	Messages  []chatMessage `json:"messages"`
	Stream    bool          `json:"stream"`
	N         int           `json:"n"`
	Seed      uint64        `json:"seed"`
	MaxTokens int           `json:"max_tokens"`
	MaxNew    int           `json:"max_completion_tokens"`

	Temperature *float64 `json:"temperature"`
	TopP        *float64 `json:"top_p"`
	Stop        texts    `json:"stop"`
	LogProbs    bool     `json:"logprobs"`
	Top         int      `json:"top_logprobs"`
	Options     struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`

	// Metadata may say what is written ("kind": post, comment, message,
	// job-offer, application) and in whose manner ("role": member, manager, recruiter).
	Metadata map[string]string `json:"metadata"`
}

type chatMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON takes either; null is none.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil {
		if *t = nil; one != nil {
			*t = texts{*one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// text returns a message's text, which is a string or a list of parts.
func (m chatMessage) text() (string, error) {
	var text string
	if json.Unmarshal(m.Content, &text) == nil {
		return text, nil
	}
	var parts []struct{ Type, Text string }
	if err := json.Unmarshal(m.Content, &parts); err != nil {
		return "", problem{http.StatusBadRequest, "invalid_request_error", "bad_message", "messages[].content is a text or a list of parts"}
	}
	var all []string
	for _, p := range parts {
		if p.Type != "text" {
			return "", problem{http.StatusBadRequest, "invalid_request_error", "bad_message", "this model reads text parts only"}
		}
		all = append(all, p.Text)
	}
	return strings.Join(all, "\n"), nil
}

func badJSON(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return problem{http.StatusBadRequest, "invalid_request_error", "bad_json", "the body is not the JSON that this address takes"}
}

// ask checks a request and says which draft it wants.
func (c chatRequest) ask(m licet.MemberID) (draft.Request, error) {
	bad := func(code, what string) (draft.Request, error) {
		return draft.Request{}, problem{http.StatusBadRequest, "invalid_request_error", code, what}
	}
	about := ""
	for _, msg := range c.Messages {
		if msg.Role != "user" {
			continue // the last thing that the person said is what the draft is about
		}
		text, err := msg.text()
		if err != nil {
			return draft.Request{}, err
		}
		about = text
	}
	kind, err := draft.Kind(firstOf(c.Metadata["kind"], "post"))
	role := licet.Role(firstOf(c.Metadata["role"], string(licet.RoleMember)))
	switch {
	case strings.TrimSpace(about) == "":
		return bad("no_message", "messages holds nothing from the user: say what the draft is about")
	case c.N > 1:
		return bad("n", "one answer at a time: n is at most 1")
	case err != nil:
		return bad("kind", "metadata.kind: use post, comment, message, job-offer or application")
	case role != licet.RoleMember && role != licet.RoleManager && role != licet.RoleRecruiter:
		return bad("role", "metadata.role: use member, manager or recruiter")
	case c.MaxTokens < 0 || c.MaxNew < 0:
		return bad("max_tokens", "max_tokens is at least 1")
	case c.Temperature != nil && !(*c.Temperature >= 0 && *c.Temperature <= 2):
		return bad("temperature", "temperature is from 0 to 2")
	case c.TopP != nil && !(*c.TopP > 0 && *c.TopP <= 1):
		return bad("top_p", "top_p is above 0 and at most 1")
	case len(c.Stop) > 4:
		return bad("stop", "stop: at most 4 texts")
	case c.Top < 0 || c.Top > 20 || c.Top > 0 && !c.LogProbs:
		return bad("top_logprobs", "top_logprobs is from 0 to 20 and needs logprobs: true")
	}
	return draft.Request{
		Member: m, Kind: kind, Role: role, About: about, Seed: c.Seed, Tokens: max(c.MaxTokens, c.MaxNew),
		Stop: c.Stop, Temperature: c.Temperature, TopP: c.TopP, LogProbs: c.LogProbs, Top: c.Top,
	}, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// chat writes a draft in the form of an OpenAI chat completion. The answer ends
// with a line that says it was written by AI, and by which model.
func (s *Server) chat(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	var c chatRequest
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		return badJSON(err)
	}
	ask, err := c.ask(m)
	if err != nil {
		return err
	}
	served, err := s.app.Served(r.Context())
	if err != nil {
		return err
	}
	if c.Model != "" && c.Model != modelName && c.Model != modelID(served.Adapter) {
		return problem{http.StatusNotFound, "invalid_request_error", "model_not_found", "this model is not served, or not any more: ask for \"licet\", or see /v1/models"}
	}
	id := make([]byte, 12)
	_, _ = rand.Read(id) // it never fails
	a := &answer{w: w, id: "chatcmpl-" + hex.EncodeToString(id), created: s.app.Now().Unix()}
	if c.Stream {
		a.usage = c.Options.Usage
		return a.stream(func(part func(licet.Digest, draft.Part) error) (*draft.Draft, error) {
			return s.app.Draft(r.Context(), ask, part)
		})
	}
	var tokens []draft.Token
	d, err := s.app.Draft(r.Context(), ask, func(_ licet.Digest, part draft.Part) error {
		tokens = append(tokens, part.Tokens...)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": a.id, "object": "chat.completion", "created": a.created, "model": modelID(d.Model),
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": d.Written.Finish, "logprobs": logProbs(tokens),
			"message": map[string]any{"role": "assistant", "content": d.Text + marked(d), "refusal": nil},
		}},
		"usage": usage(d),
		"licet": about(d),
	})
	return nil
}

// marked is the line under every draft.
func marked(d *draft.Draft) string { return "\n\n— " + d.Label }

func about(d *draft.Draft) map[string]any {
	return map[string]any{"label": d.Label, "written_by_ai": true, "originality": d.Originality, "left": d.Left}
}
