package lm

import "fmt"

// Merge returns the mean of the adapters' changes as one adapter of the summed
// rank: A's and B's are stacked in the given order, and alpha stays, so that the
// scale alpha/Σrank makes the product the mean: no weight is rounded on the way.
func Merge(b *Base, adapters []*Adapter) (*Adapter, error) {
	if len(adapters) == 0 {
		return nil, fmt.Errorf("%w: nothing to merge", ErrAdapter)
	}
	first := adapters[0]
	m := &Adapter{base: b.digest, config: b.config, alpha: first.alpha, targets: first.targets}
	for i, a := range adapters {
		if a.base != b.digest {
			return nil, fmt.Errorf("%w: adapter %d is for base %x, not %x", ErrAdapter, i, a.base[:6], b.digest[:6])
		}
		if a.rank != first.rank || a.alpha != first.alpha || a.targets != first.targets {
			return nil, fmt.Errorf("%w: adapter %d has another rank, alpha or targets than the first", ErrAdapter, i)
		}
		m.rank += a.rank
	}
	for l := range m.config.Layers {
		for i := range linears {
			if !m.targets.has(i) {
				m.tensors = append(m.tensors, nil, nil)
				continue
			}
			out, in := m.config.shape(i)
			k := 2 * (7*l + i)
			down, up := make([]float32, 0, m.rank*in), make([]float32, out*m.rank)
			for x, a := range adapters {
				down = append(down, a.tensors[k]...)
				for o := range out {
					copy(up[o*m.rank+x*a.rank:], a.tensors[k+1][o*a.rank:(o+1)*a.rank])
				}
			}
			m.tensors = append(m.tensors, down, up)
		}
	}
	return m, nil
}
