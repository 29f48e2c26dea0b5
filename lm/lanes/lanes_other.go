//go:build !amd64

package lanes

import "licet/lm/sgemm"

func vectors(sgemm.Kernel) functions { return functions{} }
