package neardup

import "sync"

// SignAll signs texts on so many workers: out[i] is of texts[i], whatever they are.
func SignAll(texts []string, out []Buckets, workers int) {
	workers = max(1, min(workers, len(texts)))
	var wait sync.WaitGroup
	for w := range workers {
		from, to := len(texts)*w/workers, len(texts)*(w+1)/workers
		wait.Go(func() {
			var s Scratch
			for i := from; i < to; i++ {
				out[i] = Sign(texts[i], &s)
			}
		})
	}
	wait.Wait()
}
