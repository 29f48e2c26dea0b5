package chat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ardanlabs/jinja"
)

// prefix begins the names of what guards a template; it may not use any.
const prefix = "licet_"

// What an expression may hold at most.
const (
	longestTag   = 4 << 10 // bytes
	mostSums     = 32      // + and ~ in one tag
	mostReplaced = 2       // replace and join in one tag
	longestPad   = 16      // bytes of what these put in
	deepestBlock = 32
)

// What templates may use. Whatever could change a value (append, update …),
// repeat one (*) or call itself (macro, recursive) is not among it, so that
// every value is as large as its expression is long.
var (
	functions = []string{"namespace", "range", "raise_exception", "strftime_now", "dict"}
	methods   = []string{"strip", "lstrip", "rstrip", "split", "startswith", "endswith", "upper", "lower", "title", "capitalize", "replace", "find", "count", "get", "items", "keys", "values"}
	filters   = []string{
		"abs", "capitalize", "count", "d", "default", "first", "float", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min",
		"reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "upper",
	}
	tests    = []string{"defined", "undefined", "none", "boolean", "integer", "float", "number", "string", "mapping", "iterable", "sequence", "true", "false", "odd", "even", "sameas", "eq", "equalto", "ne", "in", "not"}
	mutators = []string{"append", "extend", "insert", "update", "pop", "setdefault", "clear", "remove", "sort", "popitem"}
)

// guarded is a template whose every expression passes a function of run.
type guarded struct {
	source   string
	texts    []jinja.Value
	literals map[string]bool
	out      strings.Builder
	open     []string // the blocks that are not closed yet
}

// guard writes the template anew: texts come from a list, so that no white
// space is left to the library, and expressions are put into calls that count.
func guard(list []segment) (*guarded, error) {
	g := &guarded{literals: map[string]bool{}}
	for _, s := range list {
		var err error
		switch s.kind {
		case text:
			g.write("{{- " + prefix + "put(" + prefix + "texts[" + strconv.Itoa(len(g.texts)) + "]) -}}")
			g.texts = append(g.texts, jinja.NewString(s.body))
		case output:
			err = g.output(s)
		default:
			err = g.statement(s)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(g.open) > 0 {
		return nil, segment{}.unsupported("%s has no end", g.open[len(g.open)-1])
	}
	g.source = g.out.String()
	return g, nil
}

func (g *guarded) write(s string) { g.out.WriteString(s) }

func (g *guarded) output(s segment) error {
	list, err := g.expression(s, s.body)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return s.unsupported("an empty expression")
	}
	g.write("{{- " + prefix + "put((" + adapted(s.body) + ")) -}}")
	return nil
}

func (g *guarded) statement(s segment) error {
	word := longest(s.body+" ", isLetter)
	rest := strings.TrimSpace(s.body[min(len(word), len(s.body)):])
	switch word {
	case "if", "elif":
		return g.condition(s, word, rest)
	case "for":
		return g.loop(s, rest)
	case "set":
		return g.set(s, rest)
	case "generation", "endgeneration": // marks what was generated, for training
		return nil
	case "else", "endif", "endfor", "endset", "break", "continue":
		if rest != "" {
			return s.unsupported("%q after %s", rest, word)
		}
		if err := g.close(s, word); err != nil {
			return err
		}
		g.write("{%- " + word + " -%}")
		return nil
	}
	return s.unsupported("the statement %q is not supported; if, for, set, break, continue and generation are", word)
}

func (g *guarded) begin(s segment, block string) error {
	if len(g.open) == deepestBlock {
		return s.unsupported("more than %d blocks inside each other", deepestBlock)
	}
	g.open = append(g.open, block)
	return nil
}

// close checks that a statement stands where it may.
func (g *guarded) close(s segment, word string) error {
	last := ""
	if len(g.open) > 0 {
		last = g.open[len(g.open)-1]
	}
	switch {
	case word == "break" || word == "continue":
		if !slices.Contains(g.open, "for") {
			return s.unsupported("%s outside a loop", word)
		}
	case word == "else" && (last == "if" || last == "for"):
	case word == "end"+last && last != "":
		g.open = g.open[:len(g.open)-1]
	default:
		return s.unsupported("%s without its beginning", word)
	}
	return nil
}

func (g *guarded) condition(s segment, word, expr string) error {
	list, err := g.expression(s, expr)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return s.unsupported("%s without a condition", word)
	}
	if word == "if" {
		if err := g.begin(s, "if"); err != nil {
			return err
		}
	} else if len(g.open) == 0 || g.open[len(g.open)-1] != "if" {
		return s.unsupported("elif without its beginning")
	}
	g.write("{%- " + word + " " + prefix + "seen((" + adapted(expr) + ")) -%}")
	return nil
}

// loop reads "x in list", "k, v in list" and "… if condition".
func (g *guarded) loop(s segment, rest string) error {
	list, err := g.expression(s, rest)
	if err != nil {
		return err
	}
	in := find(list, "in")
	simple := in == 1 && list[0].kind == name || in == 3 && list[0].kind == name && list[1].text == "," && list[2].kind == name
	if !simple || in == len(list)-1 {
		return s.unsupported("a loop must be: for NAME in LIST, or for NAME, NAME in LIST")
	}
	if find(list, "recursive") >= 0 {
		return s.unsupported("recursive loops are not supported")
	}
	targets, over := rest[:list[in].from], rest[list[in].from+2:]
	when := ""
	if i := find(list, "if"); i >= 0 {
		if find(list, "else") > i {
			return s.unsupported("a choice of lists must stand in brackets")
		}
		if i == in+1 || i == len(list)-1 {
			return s.unsupported("a loop must be: for NAME in LIST if CONDITION")
		}
		over, when = rest[list[in].from+2:list[i].from], " if "+prefix+"seen(("+adapted(rest[list[i].from+2:])+"))"
	}
	if err := g.begin(s, "for"); err != nil {
		return err
	}
	g.write("{%- for " + targets + "in " + prefix + "each((" + adapted(over) + "))" + when + " -%}")
	return nil
}

// set reads "x = value", "x.y = value" and the beginning of a block.
func (g *guarded) set(s segment, rest string) error {
	list, err := g.expression(s, rest)
	if err != nil {
		return err
	}
	eq := find(list, "=")
	target := list
	if eq >= 0 {
		target = list[:eq]
	}
	plain := len(target) == 1 && target[0].kind == name
	field := len(target) == 3 && target[0].kind == name && target[1].text == "." && target[2].kind == name && eq > 0
	if !plain && !field || eq >= 0 && eq == len(list)-1 {
		return s.unsupported("set must be: set NAME = VALUE, set NAME.NAME = VALUE, or a block of one name")
	}
	if slices.Contains(functions, target[0].text) {
		return s.unsupported("set %s: it is the name of a function", target[0].text)
	}
	if eq < 0 {
		if err := g.begin(s, "set"); err != nil {
			return err
		}
		g.write("{%- set " + rest + " -%}")
		return nil
	}
	call := prefix + "kept(("
	if field {
		call = prefix + "field(" + target[0].text + ", ("
	}
	g.write("{%- set " + rest[:list[eq].from] + "= " + call + adapted(rest[list[eq].from+1:]) + ")) -%}")
	return nil
}
