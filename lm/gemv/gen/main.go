//go:build ignore

// Command gen writes the assembly of package gemv: go run gen/main.go.
package main

import (
	"fmt"
	"os"
	"strings"
)

// A shape is one instruction set: its registers and their size in bytes.
type shape struct {
	name, reg string
	bytes     int
}

// A kind is how a panel stores weights. A panel is two vectors of outputs wide.
type kind struct {
	name string
	size int // bytes a weight
}

var (
	shapes = []shape{{"512", "Z", 64}, {"256", "Y", 32}}
	kinds  = []kind{{"float32", 4}, {"bf16", 2}, {"int8", 1}}
)

type writer struct {
	strings.Builder
	shape
	kind
}

func (w *writer) p(f string, a ...any) { fmt.Fprintf(w, f+"\n", a...) }

func (w *writer) r(i int) string { return fmt.Sprintf("%s%d", w.reg, i) }

// step is how many bytes of a panel belong to one input.
func (w *writer) step() int { return 2 * w.bytes / 4 * w.size }

// mask fills register i with the upper halves' mask of bf16 pairs.
func (w *writer) mask(i int) {
	if w.kind.name != "bf16" {
		return
	}
	w.p("\tMOVL $0xffff0000, AX\n\tVMOVD AX, X%d\n\tVPBROADCASTD X%d, %s", i, i, w.r(i))
}

// weights loads the two vectors of one input from a panel into registers a and
// a+1; m holds the mask.
func (w *writer) weights(panel string, a, m int) {
	switch w.kind.name {
	case "float32":
		w.p("\tVMOVUPS (%s), %s\n\tVMOVUPS %d(%s), %s", panel, w.r(a), w.bytes, panel, w.r(a+1))
	case "bf16":
		and := map[string]string{"Z": "VPANDD", "Y": "VPAND"}[w.reg]
		w.p("\tVMOVUPS (%s), %s\n\t%s %s, %s, %s\n\tVPSLLD $16, %s, %s", panel, w.r(a), and, w.r(m), w.r(a), w.r(a+1), w.r(a), w.r(a))
	case "int8":
		for v := range 2 {
			w.p("\tVPMOVSXBD %d(%s), %s\n\tVCVTDQ2PS %s, %s", v*w.bytes/4, panel, w.r(a+v), w.r(a+v), w.r(a+v))
		}
	}
}

// one writes y[0:4 panels] += Σ x[k]·panel[k] for one row. Panels after the last
// are the first once more, so that nothing is read outside the matrix.
func (w *writer) one() {
	w.p("// func %sOne%s(groups, k int64, x *float32, p unsafe.Pointer, ps int64, s unsafe.Pointer, ss, last int64, y *float32)", w.kind.name, w.shape.name)
	w.p("TEXT ·%sOne%s(SB), NOSPLIT, $0-72", w.kind.name, w.shape.name)
	panels, scales := []string{"DI", "R9", "R10", "R11"}, []string{"AX", "BX", "R12", "R13"}
	spread := func(regs []string, base, stride string) {
		w.p("\tMOVQ %s, %s\n\tMOVQ %s, R8", base, regs[0], stride)
		w.p("\tLEAQ (%s)(R8*1), %s\n\tLEAQ (%s)(R8*2), %s\n\tLEAQ (%s)(R8*2), %s", regs[0], regs[1], regs[0], regs[2], regs[1], regs[3])
		for i := 1; i < 4; i++ {
			w.p("\tCMPQ CX, $%d\n\tCMOVQLT %s, %s", i, regs[0], regs[i])
		}
	}
	w.mask(11)
	w.p("\tMOVQ x+16(FP), SI\n\tMOVQ y+64(FP), DX\n\tMOVQ last+56(FP), CX")
	spread(panels, "p+24(FP)", "ps+32(FP)")
	scaled := w.kind.name == "int8"
	if scaled {
		spread(scales, "s+40(FP)", "ss+48(FP)")
		w.p("\tMOVQ groups+0(FP), R8\ngroup:")
	}
	w.p("\tMOVQ k+8(FP), CX")
	for i := range 8 {
		if scaled {
			w.p("\tVPXOR X%d, X%d, X%d", i, i, i)
		} else {
			w.p("\tVMOVUPS %d(DX), %s", i*w.bytes, w.r(i))
		}
	}
	w.p("\tPCALIGN $32\nloop:")
	w.p("\tVBROADCASTSS (SI), %s", w.r(8))
	for i, panel := range panels {
		if w.kind.name == "float32" {
			w.p("\tVFMADD231PS (%s), %s, %s\n\tVFMADD231PS %d(%s), %s, %s", panel, w.r(8), w.r(2*i), w.bytes, panel, w.r(8), w.r(2*i+1))
			continue
		}
		w.weights(panel, 9, 11)
		w.p("\tVFMADD231PS %s, %s, %s\n\tVFMADD231PS %s, %s, %s", w.r(9), w.r(8), w.r(2*i), w.r(10), w.r(8), w.r(2*i+1))
	}
	w.p("\tADDQ $4, SI")
	for _, panel := range panels {
		w.p("\tADDQ $%d, %s", w.step(), panel)
	}
	w.p("\tDECQ CX\n\tJNZ loop")
	for i := range 8 {
		if scaled {
			w.p("\tVMOVUPS %d(DX), %s\n\tVFMADD231PS %d(%s), %s, %s", i*w.bytes, w.r(9), i%2*w.bytes, scales[i/2], w.r(i), w.r(9))
			w.p("\tVMOVUPS %s, %d(DX)", w.r(9), i*w.bytes)
		} else {
			w.p("\tVMOVUPS %s, %d(DX)", w.r(i), i*w.bytes)
		}
	}
	if scaled {
		for _, s := range scales {
			w.p("\tADDQ $%d, %s", 2*w.bytes, s)
		}
		w.p("\tDECQ R8\n\tJNZ group")
	}
	w.p("\tVZEROUPPER\n\tRET\n") // without it every later SSE instruction pays
}

// many writes y[row][0:panel] += Σ x[row][k]·panel[k] for some rows.
func (w *writer) many(rows int) {
	w.p("// func %sMany%d%s(groups, k int64, x *float32, ldx int64, p, s unsafe.Pointer, y *float32, ldy int64)", w.kind.name, rows, w.shape.name)
	w.p("TEXT ·%sMany%d%s(SB), NOSPLIT, $0-64", w.kind.name, rows, w.shape.name)
	a, one, m := 2*rows, 2*rows+2, 2*rows+4
	x := []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(R9*1)", "(SI)(R8*4)", "(SI)(R10*1)", "(SI)(R9*2)", "(SI)(R11*1)"}
	scaled := w.kind.name == "int8"
	each := func(f func(i int)) {
		w.p("\tMOVQ DX, R13")
		for i := range rows {
			f(i)
			if i < rows-1 {
				w.p("\tADDQ R12, R13")
			}
		}
	}
	w.mask(m)
	w.p("\tMOVQ x+16(FP), SI\n\tMOVQ ldx+24(FP), R8\n\tMOVQ p+32(FP), DI\n\tMOVQ y+48(FP), DX\n\tMOVQ ldy+56(FP), R12")
	w.p("\tSHLQ $2, R8\n\tSHLQ $2, R12\n\tLEAQ (R8)(R8*2), R9\n\tLEAQ (R8)(R8*4), R10\n\tLEAQ (R9)(R8*4), R11")
	if scaled {
		w.p("\tMOVQ s+40(FP), AX\n\tMOVQ groups+0(FP), BX\ngroup:")
		for i := range 2 * rows {
			zero := map[string]string{"Z": "VPXORD", "Y": "VPXOR"}[w.reg]
			w.p("\t%s %s, %s, %s", zero, w.r(i), w.r(i), w.r(i))
		}
	} else {
		each(func(i int) {
			w.p("\tVMOVUPS (R13), %s\n\tVMOVUPS %d(R13), %s", w.r(2*i), w.bytes, w.r(2*i+1))
		})
	}
	w.p("\tMOVQ k+8(FP), CX\n\tPCALIGN $32\nloop:")
	w.weights("DI", a, m)
	for i := range rows {
		w.p("\tVBROADCASTSS %s, %s", x[i], w.r(one+i%2))
		w.p("\tVFMADD231PS %s, %s, %s\n\tVFMADD231PS %s, %s, %s", w.r(a), w.r(one+i%2), w.r(2*i), w.r(a+1), w.r(one+i%2), w.r(2*i+1))
	}
	w.p("\tADDQ $4, SI\n\tADDQ $%d, DI\n\tDECQ CX\n\tJNZ loop", w.step())
	if scaled {
		w.p("\tVMOVUPS (AX), %s\n\tVMOVUPS %d(AX), %s\n\tADDQ $%d, AX", w.r(a), w.bytes, w.r(a+1), 2*w.bytes)
	}
	each(func(i int) {
		for v := range 2 {
			if !scaled {
				w.p("\tVMOVUPS %s, %d(R13)", w.r(2*i+v), v*w.bytes)
				continue
			}
			w.p("\tVMOVUPS %d(R13), %s\n\tVFMADD231PS %s, %s, %s", v*w.bytes, w.r(one), w.r(a+v), w.r(2*i+v), w.r(one))
			w.p("\tVMOVUPS %s, %d(R13)", w.r(one), v*w.bytes)
		}
	})
	if scaled {
		w.p("\tDECQ BX\n\tJNZ group")
	}
	w.p("\tVZEROUPPER\n\tRET\n")
}

func main() {
	text, decl := &strings.Builder{}, &strings.Builder{}
	text.WriteString("// Code generated by gen/main.go. DO NOT EDIT.\n\n#include \"textflag.h\"\n\n")
	decl.WriteString("// Code generated by gen/main.go. DO NOT EDIT.\n\npackage gemv\n\nimport \"unsafe\"\n")
	for _, s := range shapes {
		for _, k := range kinds {
			w := &writer{shape: s, kind: k}
			w.one()
			w.many(4)
			if s.name == "512" {
				w.many(8)
			}
			text.WriteString(w.String())
		}
	}
	for line := range strings.Lines(text.String()) {
		if f, ok := strings.CutPrefix(line, "// func "); ok {
			decl.WriteString("\n//go:noescape\nfunc " + f)
		}
	}
	for name, data := range map[string]string{"kernel_amd64.s": text.String(), "asm_amd64.go": decl.String()} {
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
