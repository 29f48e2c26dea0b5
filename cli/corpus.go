package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"licet/app"
)

func (c *command) corpusCommand() *cobra.Command {
	corpus := &cobra.Command{Use: "corpus", Short: "What is in the corpus, and why"}
	var record string
	show := &cobra.Command{
		Use:   "show --record PLATFORM/ID",
		Short: "Tell one record's whole story: what was cut and replaced, what became of it, why and where",
		Long: `Tells a record's whole story: as the platform gave it, without what others wrote, without
what identifies people; then whether it is learned from, and in which shard and slice, or why
not. It prints the member's text: it is for the operator's eyes.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				s, err := a.Story(cmd.Context(), record)
				if err != nil {
					return err
				}
				c.sayStory(s)
				return nil
			})
		},
	}
	show.Flags().StringVar(&record, "record", "", "the record: platform/id, or our id of 32 digits")
	_ = show.MarkFlagRequired("record")
	corpus.AddCommand(show)
	return corpus
}

func (c *command) sayStory(s app.Story) {
	r := s.Record
	c.say("Record %s, a %s of member %s, of %s; its words came at event %d.", r.ID, r.Kind, r.Member, r.Created.Format("2 January 2006"), r.Seq)
	c.say("1. As the platform gave it:")
	c.sayText(s.Raw)
	c.say("2. The author's own words%s:", cut(s.OwnCuts))
	c.sayText(s.Own)
	c.say("3. Without what identifies people%s:", cut(s.Redactions))
	c.sayText(s.Redacted)
	word := "forbidden"
	if s.Decision.Permit {
		word = "permitted"
	}
	c.say("4. The rules: %s by %s; what decides about the member is: %s.", word, strings.Join(s.Decision.Rules, ", "), s.From)
	switch {
	case len(s.Reasons) > 0:
		c.say("5. Not learned from: %s.", strings.Join(s.Reasons, ", "))
	case !s.Built:
		c.say("5. It would be learned from; nothing is frozen yet.")
	case s.Fate.HeldOut:
		c.say("5. Held out: models are judged on its author's words, and never learn from them.")
	case s.Fate.In:
		c.say("5. Learned from: shard %d of %d, slice %d of %d.", s.Fate.Shard+1, s.Fate.Shards, s.Fate.Slice+1, s.Fate.Slices)
		for _, m := range s.Fate.Said {
			c.say("   Member %s says nearly the same: their record is left out for this one.", m)
		}
	case s.Fate.Keeper != "":
		who := "somebody else's"
		if s.Fate.Own {
			who = "the same author's"
		}
		c.say("5. Not learned from: duplicate. It says nearly the same as %s record %s.", who, s.Fate.Keeper)
	default:
		c.say("5. Not learned from: it is not in the corpus of the last freeze.")
	}
}

func (c *command) sayText(text string) {
	if strings.TrimSpace(text) == "" {
		c.say("   (nothing)")
		return
	}
	for line := range strings.Lines(text) {
		c.say("   | %s", strings.TrimRight(line, "\n"))
	}
}

func cut(counts map[string]int) string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%s %d", what, counts[what]))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}
