package chat

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ardanlabs/jinja"
)

// What one rendering may do.
const (
	mostSteps = 100_000 // rounds of loops and items of ranges, together
	mostBytes = 1 << 20 // of text, besides twice what the messages have
	mostRange = 10_000
)

// run counts what one rendering does. The first error stays.
type run struct {
	ctx      context.Context //nolint:containedctx // it lives as long as one call of Render
	now      time.Time
	literals map[string]bool
	steps    int
	room     int                  // bytes that may still be written
	spaces   map[*jinja.Dict]bool // the namespaces, and whether they have a name
	err      error
}

// functions are what the template's tags pass through, and what it may call.
func (r *run) functions() map[string]jinja.Value {
	out := map[string]jinja.Value{}
	for name, f := range map[string]func(jinja.Value) (jinja.Value, error){
		"put": r.put, "seen": r.seen, "kept": r.kept, "each": r.each,
	} {
		out[prefix+name] = jinja.NewCallable(name, func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
			if err := r.ctx.Err(); err != nil {
				return r.stop(fmt.Errorf("render chat template: %w", err))
			}
			if len(args) != 1 {
				return r.stop(fmt.Errorf("%w: an expression has %d values", ErrTemplate, len(args)))
			}
			return f(args[0])
		})
	}
	out[prefix+"field"] = jinja.NewCallable("field", r.field)
	out[prefix+"tojson"] = jinja.NewCallable("tojson", r.json)
	out["namespace"] = jinja.NewCallable("namespace", r.namespace)
	out["range"] = jinja.NewCallable("range", r.numbers)
	out["raise_exception"] = jinja.NewCallable("raise_exception", r.raise)
	if !r.now.IsZero() {
		out["strftime_now"] = jinja.NewCallable("strftime_now", r.date)
	} else {
		out["strftime_now"] = jinja.Undefined()
	}
	return out
}

func (r *run) stop(err error) (jinja.Value, error) {
	if r.err == nil {
		r.err = err
	}
	return jinja.Undefined(), r.err
}

// put passes a value that is written. None is written as Python does.
func (r *run) put(v jinja.Value) (jinja.Value, error) {
	if v.IsNone() {
		v = jinja.NewString("None")
	}
	size, ok := r.size(v, r.room)
	if !ok {
		return r.stop(fmt.Errorf("%w: it writes too much, or what is no text", ErrTooMuch))
	}
	r.room -= size
	return v, nil
}

// seen passes a condition.
func (r *run) seen(v jinja.Value) (jinja.Value, error) { return v, nil }

// kept passes a value that gets a name: it must not be larger than all that
// may be written. A namespace gets one name only.
func (r *run) kept(v jinja.Value) (jinja.Value, error) {
	if v.IsDict() {
		if named, ok := r.spaces[v.AsDict()]; ok && !named {
			r.spaces[v.AsDict()] = true
			return v, nil
		}
	}
	return r.held(v)
}

// held passes a value that is kept. It may hold no namespace, which could then
// hold itself.
func (r *run) held(v jinja.Value) (jinja.Value, error) {
	if v.IsCallable() {
		return r.stop(fmt.Errorf("%w: a function can't get another name", ErrTemplate))
	}
	if _, ok := r.size(v, r.room+mostBytes); !ok {
		return r.stop(fmt.Errorf("%w: a value is too large, too deep, or holds a namespace", ErrTooMuch))
	}
	return v, nil
}

// field passes a value for a field of a namespace.
func (r *run) field(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if err := r.ctx.Err(); err != nil {
		return r.stop(fmt.Errorf("render chat template: %w", err))
	}
	if len(args) != 2 || !args[0].IsDict() || !r.isSpace(args[0].AsDict()) {
		return r.stop(fmt.Errorf("%w: only a namespace has fields to set", ErrTemplate))
	}
	return r.held(args[1])
}

// each passes what a loop goes through.
func (r *run) each(v jinja.Value) (jinja.Value, error) {
	n := 0
	switch {
	case v.IsList():
		n = v.AsList().Len()
	case v.IsDict():
		n = v.AsDict().Len()
	case v.IsString():
		n = len(v.AsString())
	case v.IsUndefined():
	default:
		return r.stop(fmt.Errorf("%w: a loop over what is no list", ErrTemplate))
	}
	if r.steps -= n; r.steps < 0 {
		return r.stop(fmt.Errorf("%w: its loops take more than %d rounds", ErrTooMuch, mostSteps))
	}
	return v, nil
}

func (r *run) isSpace(d *jinja.Dict) bool {
	_, ok := r.spaces[d]
	return ok
}

const deepest = 64 // lists inside lists

// size returns about how many bytes v is as text, false if more than most, if
// it nests too deep or if it holds a namespace.
func (r *run) size(v jinja.Value, most int) (int, bool) { return r.sizeAt(v, most, 0) }

func (r *run) sizeAt(v jinja.Value, most, depth int) (int, bool) {
	n := 8
	switch {
	case v.IsString():
		n = len(v.AsString())
	case depth == deepest:
		return n, false
	case v.IsList():
		for _, item := range v.AsList().Items {
			m, ok := r.sizeAt(item, most-n, depth+1)
			if n += m + 2; !ok || n > most {
				return n, false
			}
		}
	case v.IsDict():
		if r.isSpace(v.AsDict()) {
			return n, false
		}
		for _, key := range v.AsDict().Keys {
			item, _ := v.AsDict().Get(key)
			m, ok := r.sizeAt(item, most-n, depth+1)
			if n += m + len(key) + 6; !ok || n > most {
				return n, false
			}
		}
	}
	return n, n <= most
}

func (r *run) namespace(args []jinja.Value, fields map[string]jinja.Value) (jinja.Value, error) {
	if len(args) > 0 {
		return r.stop(fmt.Errorf("%w: namespace takes NAME=VALUE only", ErrTemplate))
	}
	if r.steps--; r.steps < 0 || len(r.spaces) > 1000 {
		return r.stop(fmt.Errorf("%w: it makes more than a thousand namespaces", ErrTooMuch))
	}
	d := jinja.NewDict()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		v, err := r.held(fields[name])
		if err != nil {
			return v, err
		}
		d.AsDict().Set(name, v)
	}
	r.spaces[d.AsDict()] = false
	return d, nil
}

func (r *run) numbers(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	limits := []int64{0, 0, 1}
	for i, a := range args {
		if !a.IsInt() || i > 2 {
			return r.stop(fmt.Errorf("%w: range takes one to three whole numbers", ErrTemplate))
		}
		limits[i] = a.AsInt()
	}
	if len(args) == 1 {
		limits[0], limits[1] = 0, limits[0]
	}
	var items []jinja.Value
	from, to, step := limits[0], limits[1], limits[2]
	if len(args) == 0 || step == 0 {
		return r.stop(fmt.Errorf("%w: range takes one to three whole numbers, the third not 0", ErrTemplate))
	}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		if r.steps--; len(items) == mostRange || r.steps < 0 {
			return r.stop(fmt.Errorf("%w: a range of more than %d numbers", ErrTooMuch, mostRange))
		}
		items = append(items, jinja.NewInt(i))
	}
	return jinja.NewList(items), nil
}

// raise ends the rendering. What the template says is repeated only where it
// stands in the template: else it may hold a member's text.
func (r *run) raise(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if len(args) == 1 && args[0].IsString() && r.literals[args[0].AsString()] {
		return r.stop(fmt.Errorf("%w: %s", ErrMessages, args[0].AsString()))
	}
	return r.stop(ErrMessages)
}

func (r *run) date(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if len(args) != 1 || !args[0].IsString() {
		return r.stop(fmt.Errorf("%w: strftime_now takes one string", ErrTemplate))
	}
	out, err := strftime(args[0].AsString(), r.now)
	if err != nil {
		return r.stop(err)
	}
	return jinja.NewString(out), nil
}
