package train

import (
	"fmt"
	"time"

	"licet/lm"
)

// A Plan is how many shards and slices there are, and the recipe of a slice.
type Plan struct {
	Shards int       `json:"shards"`
	Slices int       `json:"slices"`
	Recipe lm.Recipe `json:"recipe"`
}

// The rule of ChoosePlan.
const (
	minShardTokens = 50_000          // below it sharding costs too much of what is learned
	maxRebuild     = 5 * time.Minute // after one objection
)

// ChoosePlan returns as few shards as let one objection be forgotten within
// five minutes, each of at least 50,000 tokens, for a trainer of speed tokens a
// second: sharding costs utility while shards are small.
func ChoosePlan(tokens int, speed float64) Plan {
	p := Plan{Shards: 1, Slices: 4, Recipe: lm.DefaultRecipe()}
	for _, shards := range []int{1, 2, 4, 8, 16, 32} {
		if shards > 1 && tokens/shards < minShardTokens {
			break
		}
		for _, slices := range []int{4, 8} {
			p.Shards, p.Slices = shards, slices
			if p.Rebuild(tokens, speed) <= maxRebuild {
				return p
			}
		}
	}
	return p
}

// Cost is what one objection costs, as a share of a full run, on average over
// where the member is: (L+1)/(2·K·L).
func (p Plan) Cost() float64 {
	return float64(p.Slices+1) / float64(2*p.Shards*p.Slices)
}

// Full returns how long training everything takes at speed tokens a second.
func (p Plan) Full(tokens int, speed float64) time.Duration {
	return time.Duration(float64(tokens*p.Recipe.Epochs) / speed * float64(time.Second))
}

// Rebuild returns how long one objection takes to forget, on average.
func (p Plan) Rebuild(tokens int, speed float64) time.Duration {
	return time.Duration(float64(p.Full(tokens, speed)) * p.Cost())
}

// Explain says the plan in lines for people.
func (p Plan) Explain(tokens int, speed float64) []string {
	return []string{
		fmt.Sprintf("%d tokens in %d shards of %d slices, %d epochs each: about %d tokens a shard", tokens, p.Shards, p.Slices, p.Recipe.Epochs, tokens/p.Shards),
		fmt.Sprintf("a full run takes about %s at %.0f tokens a second", p.Full(tokens, speed).Round(time.Second), speed),
		fmt.Sprintf("one objection costs %.1f %% of it on average, about %s", 100*p.Cost(), p.Rebuild(tokens, speed).Round(time.Second)),
	}
}
