//go:build !amd64

package sgemm

func plans() map[Kernel]plan { return map[Kernel]plan{Portable: portable} }
