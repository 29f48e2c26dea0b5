package lm

import (
	"fmt"
	"math"
)

// The ways in which turns are slowed down for long contexts.
const (
	RopeLinear = "linear" // every frequency divided by Factor
	RopeLlama3 = "llama3" // slow ones divided, fast ones kept, smooth between (Llama 3.1)
)

// RopeScaling slows the turns of positions down. The zero value does nothing.
type RopeScaling struct {
	Type     string  `json:"rope_type"`
	Factor   float64 `json:"factor"`
	Low      float64 `json:"low_freq_factor,omitempty"`                  // llama3: below so many turns in Original, all of Factor
	High     float64 `json:"high_freq_factor,omitempty"`                 // llama3: above so many turns, nothing
	Original int     `json:"original_max_position_embeddings,omitempty"` // llama3: the context before it was made longer
}

func (r RopeScaling) check() error {
	switch r.Type {
	case "":
		if r != (RopeScaling{}) {
			return fmt.Errorf("%w: rope_scaling without a rope_type", ErrConfig)
		}
		return nil
	case RopeLinear:
		if !(r.Factor >= 1 && r.Factor <= 1e6) || r.Low != 0 || r.High != 0 || r.Original != 0 { // a NaN is refused, too
			return fmt.Errorf("%w: rope_scaling linear needs a factor from 1 up, and nothing else", ErrConfig)
		}
	case RopeLlama3:
		if !(r.Factor >= 1 && r.Factor <= 1e6 && r.Low > 0 && r.High > r.Low && r.High <= 1e6) || r.Original < 1 || r.Original > 1<<30 {
			return fmt.Errorf("%w: rope_scaling llama3 needs factor from 1 up, low_freq_factor above 0, a higher high_freq_factor and original_max_position_embeddings", ErrConfig)
		}
	default:
		return fmt.Errorf("%w: rope_type %q: only default, linear and llama3 can be run", ErrConfig, r.Type)
	}
	return nil
}

// slow returns a frequency, in radians a token, slowed down.
func (r RopeScaling) slow(frequency float64) float64 {
	switch r.Type {
	case RopeLinear:
		return frequency / r.Factor
	case RopeLlama3:
		turns := float64(float64(r.Original)*frequency) / (2 * math.Pi)
		slowed := frequency / r.Factor
		switch {
		case turns < r.Low:
			return slowed
		case turns > r.High:
			return frequency
		}
		s := float64(turns-r.Low) / float64(r.High-r.Low)
		return float64(float64(1-s)*slowed) + float64(s*frequency)
	}
	return frequency
}

// frequencies returns theta^(−2i/head), in radians a token, slowed down as the
// configuration says, [head/2] (Su et al. 2021).
func frequencies(c Config) []float64 {
	out := make([]float64, c.head()/2)
	for i := range out {
		out[i] = c.RopeScaling.slow(exp(-float64(float64(2*i)/float64(c.head())) * ln(c.RopeTheta)))
	}
	return out
}

// ropeTable returns cos and sin of position·frequency, [context][head/2].
func ropeTable(c Config, context int) (cos, sin []float32) {
	half := c.head() / 2
	cos, sin = make([]float32, context*half), make([]float32, context*half)
	for i, frequency := range frequencies(c) {
		for t := range context {
			s, co := sincos(float64(float64(t) * frequency))
			cos[t*half+i], sin[t*half+i] = float32(co), float32(s)
		}
	}
	return cos, sin
}
