package licet

// A Passage is text that one purpose may use: its author's own words, with
// what identifies people replaced, and where it comes from.
type Passage struct {
	Member   MemberID `json:"member"`
	Record   RecordID `json:"record"`
	Kind     Kind     `json:"kind"`
	Role     Role     `json:"role,omitempty"`
	Language string   `json:"language,omitempty"`
	Text     string   `json:"text"`
	// Employer is the structured part of a position, an experience or a job offer.
	Employer string `json:"employer,omitempty"`

	// Others are the members, besides the author, whose permission the text
	// needed: whom a recommendation is about, whose record it re-posts; sorted.
	Others []MemberID `json:"others,omitempty"`
	// Cuts counts what was taken out, by what it was: "quote", "markup", "name",
	// "email" and the other labels of packages own and redact.
	Cuts map[string]int `json:"cuts,omitempty"`
}

// AssistantMark begins the line that stands under every text that the assistant
// wrote. A record that has it is not its author's own, and nothing is learned from it.
const AssistantMark = "Written by AI (Licet, model "
