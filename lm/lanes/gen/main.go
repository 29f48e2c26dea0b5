//go:build ignore

// Command gen writes the assembly of package lanes: go run gen/main.go.
package main

import (
	"fmt"
	"math"
	"os"
	"strings"
)

// The constants of expf and their places in the table, each 64 bytes of the same.
var constants = []struct {
	name string
	bits uint32
}{
	{"floor", math.Float32bits(-87)}, {"ceiling", math.Float32bits(88)}, {"log2e", math.Float32bits(1.44269504)},
	{"shift", math.Float32bits(12582912)}, {"high", math.Float32bits(0.693359375)}, {"low", math.Float32bits(-2.12194440e-4)},
	{"p0", math.Float32bits(1.9875691500e-4)}, {"p1", math.Float32bits(1.3981999507e-3)}, {"p2", math.Float32bits(8.3334519073e-3)},
	{"p3", math.Float32bits(4.1665795894e-2)}, {"p4", math.Float32bits(1.6666665459e-1)}, {"p5", math.Float32bits(5.0000001201e-1)},
	{"one", math.Float32bits(1)}, {"bias", 127}, {"sign", 1 << 31},
}

func constant(name string) string {
	for i, c := range constants {
		if c.name == name {
			return fmt.Sprintf("table<>+%d(SB)", i*64)
		}
	}
	panic(name)
}

// writer writes the functions of one vector width. A step of a loop is 16
// floats: one register of 64 bytes or two of 32.
type writer struct {
	strings.Builder
	reg   string // Z or Y
	bytes int
	at    int               // which part of the 16 floats
	where map[string]string // registers of arguments
}

func (w *writer) p(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
func (w *writer) r(i int) string            { return fmt.Sprintf("%s%d", w.reg, i) }

// operand is a number of a register, a scalar argument or a constant.
func (w *writer) operand(x any) string {
	switch x := x.(type) {
	case int:
		return w.r(x)
	case string:
		if r, ok := w.where[x]; ok {
			return r
		}
		return constant(x)
	}
	panic(x)
}

// op is dst = a op b.
func (w *writer) op(name string, a, b any, dst int) {
	w.p("\tV%s %s, %s, %s", name, w.operand(b), w.operand(a), w.r(dst))
}
func (w *writer) mul(a, b any, dst int) { w.op("MULPS", a, b, dst) }
func (w *writer) add(a, b any, dst int) { w.op("ADDPS", a, b, dst) }
func (w *writer) sub(a, b any, dst int) { w.op("SUBPS", a, b, dst) }
func (w *writer) div(a, b any, dst int) { w.op("DIVPS", a, b, dst) }
func (w *writer) load(arg string, dst int) {
	w.p("\tVMOVUPS %d(%s), %s", w.at*w.bytes, w.where[arg], w.r(dst))
}
func (w *writer) store(src int, arg string) {
	w.p("\tVMOVUPS %s, %d(%s)", w.r(src), w.at*w.bytes, w.where[arg])
}
func (w *writer) constant(name string, dst int) { w.p("\tVMOVUPS %s, %s", constant(name), w.r(dst)) }

// negate is dst = −a.
func (w *writer) negate(a, dst int) {
	if w.reg == "Z" {
		w.op("PXORD", a, "sign", dst)
		return
	}
	w.op("PXOR", a, "sign", dst)
}

// exp is expf of register x in place; registers 8 to 10 are lost.
func (w *writer) exp(x int) {
	const k, t, p = 8, 9, 10
	if w.reg == "Z" {
		w.p("\tVCMPPS $5, %s, %s, K1", constant("floor"), w.r(x)) // not less
	} else {
		w.p("\tVCMPPS $5, %s, %s, %s", constant("floor"), w.r(x), w.r(7))
	}
	w.op("MINPS", x, "ceiling", x)
	w.mul(x, "log2e", k)
	w.add(k, "shift", k)
	w.sub(k, "shift", k)
	w.mul(k, "high", t)
	w.sub(x, t, x)
	w.mul(k, "low", t)
	w.sub(x, t, x)
	w.mul(x, "p0", p)
	w.add(p, "p1", p)
	for _, c := range []string{"p2", "p3", "p4", "p5"} {
		w.mul(p, x, p)
		w.add(p, c, p)
	}
	w.mul(p, x, p)
	w.mul(p, x, p)
	w.add(p, x, p)
	w.add(p, "one", p)
	w.p("\tVCVTPS2DQ %s, %s", w.r(k), w.r(k))
	w.op("PADDD", k, "bias", k)
	w.p("\tVPSLLD $23, %s, %s", w.r(k), w.r(k))
	if w.reg == "Z" {
		w.p("\tVMULPS.Z %s, %s, K1, %s", w.r(k), w.r(p), w.r(x))
		return
	}
	w.mul(p, k, p)
	w.op("ANDPS", p, 7, x)
}

// function writes one loop over n·16 floats. args are "name kind" with kind p for
// a pointer that moves on, f for a float32 and o for the 16 lanes of a result,
// whose registers acc (one a part) begin at start: "0" or "-inf".
func (w *writer) function(name, args string, body func(acc int)) {
	parts := 64 / w.bytes
	w.where = map[string]string{}
	signature, loads := "n int64", "\tMOVQ n+0(FP), CX\n"
	offset, scalar, free := 8, 15, []string{"SI", "DI", "DX", "R8", "R9", "R10", "R11", "R12"}
	var pointers []string
	out := ""
	for _, a := range strings.Fields(args) {
		x, kind, _ := strings.Cut(a, ":")
		switch kind {
		case "f":
			signature += ", " + x + " float32"
			loads += fmt.Sprintf("\tVBROADCASTSS %s+%d(FP), %s\n", x, offset, w.r(scalar))
			w.where[x] = w.r(scalar)
			scalar--
			offset += 4
			continue
		case "o":
			out = x
		}
		offset = (offset + 7) / 8 * 8
		signature += ", " + x + " *float32"
		loads += fmt.Sprintf("\tMOVQ %s+%d(FP), %s\n", x, offset, free[0])
		w.where[x] = free[0]
		if kind == "p" {
			pointers = append(pointers, free[0])
		}
		free = free[1:]
		offset += 8
	}
	acc := 11 // 11 and, for Y, 12
	name += map[string]string{"Z": "512", "Y": "256"}[w.reg]
	w.p("// func %s(%s)", name, signature)
	w.p("TEXT ·%s(SB), NOSPLIT, $0-%d", name, offset)
	w.WriteString(loads)
	each := func(f func(acc int)) {
		for w.at = range parts {
			f(acc + w.at)
		}
	}
	if out != "" {
		each(func(a int) { w.load(out, a) })
	}
	w.p("loop:")
	each(body)
	for _, r := range pointers {
		w.p("\tADDQ $64, %s", r)
	}
	w.p("\tDECQ CX\n\tJNZ loop")
	if out != "" {
		each(func(a int) { w.store(a, out) })
	}
	w.p("\tVZEROUPPER\n\tRET\n")
}

func (w *writer) all() {
	w.function("greatest", "x:p out:o", func(acc int) {
		w.load("x", 0)
		w.op("MAXPS", acc, 0, acc)
	})
	w.function("expSum", "x:p top:f scale:f out:o", func(acc int) {
		w.load("x", 0)
		w.mul(0, "scale", 0)
		w.sub(0, "top", 0)
		w.exp(0)
		w.store(0, "x")
		w.add(acc, 0, acc)
	})
	w.function("scale", "x:p by:f", func(int) {
		w.load("x", 0)
		w.mul(0, "by", 0)
		w.store(0, "x")
	})
	w.function("add", "x:p y:p", func(int) {
		w.load("x", 0)
		w.load("y", 1)
		w.add(0, 1, 0)
		w.store(0, "x")
	})
	w.function("silu", "gate:p up:p y:p", func(int) {
		w.load("gate", 1)
		w.negate(1, 0)
		w.exp(0)
		w.add(0, "one", 0)
		w.div(1, 0, 0)
		w.load("up", 2)
		w.mul(0, 2, 0)
		w.store(0, "y")
	})
	w.function("siluBack", "gate:p up:p d:p dup:p", func(int) {
		w.load("gate", 1)
		w.negate(1, 0)
		w.exp(0)
		w.add(0, "one", 0)
		w.constant("one", 2)
		w.div(2, 0, 3) // s
		w.load("d", 4)
		w.mul(1, 3, 5)
		w.mul(4, 5, 5)
		w.store(5, "dup")
		w.sub(2, 3, 5)
		w.mul(1, 5, 5)
		w.add(2, 5, 5)
		w.mul(3, 5, 5)
		w.load("up", 6)
		w.mul(4, 6, 4)
		w.mul(4, 5, 4)
		w.store(4, "d")
	})
	w.function("squares", "x:p out:o", func(acc int) {
		w.load("x", 0)
		w.mul(0, 0, 0)
		w.add(acc, 0, acc)
	})
	w.function("dot", "x:p y:p out:o", func(acc int) {
		w.load("x", 0)
		w.load("y", 1)
		w.mul(0, 1, 0)
		w.add(acc, 0, acc)
	})
	w.function("normed", "x:p r:f w:p y:p", func(int) {
		w.load("x", 0)
		w.mul(0, "r", 0)
		w.load("w", 1)
		w.mul(0, 1, 0)
		w.store(0, "y")
	})
	w.function("triple", "x:p w:p y:p out:o", func(acc int) {
		w.load("x", 0)
		w.load("w", 1)
		w.mul(0, 1, 0)
		w.load("y", 1)
		w.mul(0, 1, 0)
		w.add(acc, 0, acc)
	})
	w.function("normBack", "dy:p w:p x:p r:f c:f old:p y:p", func(int) {
		w.load("dy", 0)
		w.load("w", 1)
		w.mul(0, 1, 0)
		w.mul(0, "r", 0)
		w.load("x", 1)
		w.mul(1, "c", 1)
		w.sub(0, 1, 0)
		w.load("old", 1)
		w.add(1, 0, 0)
		w.store(0, "y")
	})
	w.function("softmaxBack", "p:p d:p sum:f scale:f", func(int) {
		w.load("d", 0)
		w.sub(0, "sum", 0)
		w.load("p", 1)
		w.mul(1, 0, 0)
		w.mul(0, "scale", 0)
		w.store(0, "d")
	})
	w.function("turn", "a:p b:p cos:p sin:p", func(int) {
		w.load("a", 0)
		w.load("b", 1)
		w.load("cos", 2)
		w.load("sin", 3)
		w.mul(0, 2, 4)
		w.mul(1, 3, 5)
		w.sub(4, 5, 4)
		w.store(4, "a")
		w.mul(1, 2, 4)
		w.mul(0, 3, 5)
		w.add(4, 5, 4)
		w.store(4, "b")
	})
	w.function("adam", "p:p grad:p m:p v:p b1:f c1:f b2:f c2:f k1:f k2:f eps:f rate:f decay:f", func(int) {
		w.load("grad", 0)
		w.load("m", 1)
		w.mul(1, "b1", 1)
		w.mul(0, "c1", 2)
		w.add(1, 2, 1)
		w.store(1, "m")
		w.load("v", 2)
		w.mul(2, "b2", 2)
		w.mul(0, "c2", 3)
		w.mul(3, 0, 3)
		w.add(2, 3, 2)
		w.store(2, "v")
		w.mul(2, "k2", 2)
		w.p("\tVSQRTPS %s, %s", w.r(2), w.r(2))
		w.add(2, "eps", 2)
		w.mul(1, "k1", 1)
		w.div(1, 2, 1)
		w.load("p", 0)
		w.mul(0, "decay", 2)
		w.add(1, 2, 1)
		w.mul(1, "rate", 1)
		w.sub(0, 1, 0)
		w.store(0, "p")
	})
}

func main() {
	var b strings.Builder
	b.WriteString("// Code generated by gen/main.go. DO NOT EDIT.\n\n#include \"textflag.h\"\n\n")
	for i, c := range constants {
		for j := range 16 {
			fmt.Fprintf(&b, "DATA table<>+%d(SB)/4, $0x%08x\n", i*64+j*4, c.bits)
		}
	}
	fmt.Fprintf(&b, "GLOBL table<>(SB), RODATA|NOPTR, $%d\n\n", len(constants)*64)
	for _, w := range []*writer{{reg: "Z", bytes: 64}, {reg: "Y", bytes: 32}} {
		w.all()
		b.WriteString(w.String())
	}
	if err := os.WriteFile("lanes_amd64.s", []byte(strings.TrimSuffix(b.String(), "\n")), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
