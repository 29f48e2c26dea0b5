package gemv

import "unsafe"

// page is how many positions a page of a Memory holds: at most 48 pages of a
// layer are half empty, and no page is ever copied.
const page = 128

// A Memory holds the keys and values of one layer for one text, laid out as
// matrices that grow by a position at a time: scores are products with the
// keys, and mixing is one with the values, by the same chains as all products.
// It is used by one goroutine, or by several that only read.
type Memory struct {
	heads, head int // key-value heads, and their width
	pages       []pageOf
}

// pageOf holds `page` positions.
//
//	keys   [head][page/width panels][head width][lane]: a position is an output
//	values [head][head width/width panels][page][lane]: a position is an input
type pageOf struct{ keys, values []float32 }

// Memory returns an empty memory for heads of `head` numbers.
func (e *Engine) Memory(heads, head int) *Memory { return &Memory{heads: heads, head: head} }

// Put keeps keys and values [heads·head] of position at, which is the next one
// or one that stands already.
func (e *Engine) Put(m *Memory, at int, keys, values []float32) {
	w := e.width
	wide := (m.head + w - 1) / w // panels of values
	if at/page == len(m.pages) {
		m.pages = append(m.pages, pageOf{make([]float32, m.heads*m.head*page), make([]float32, m.heads*wide*w*page)})
	}
	p, t := m.pages[at/page], at%page
	for h := range m.heads {
		k := p.keys[h*m.head*page+t/w*w*m.head+t%w:]
		for j, v := range keys[h*m.head : (h+1)*m.head] {
			k[j*w] = v
		}
		v := p.values[h*wide*w*page:]
		for j := 0; j < m.head; j += w {
			copy(v[j*page+t*w:], values[h*m.head+j:h*m.head+min(j+w, m.head)])
		}
	}
}

// Room returns how many scores a query needs room for to see n positions.
func Room(n int) int { return (n + page - 1) / page * page }

// Scores computes the products of queries [n][head], one after the other, with
// the keys of head h at positions 0 … to−1; s is [n][Room(to)].
func (e *Engine) Scores(m *Memory, h, to, n int, q, s []float32) {
	room := Room(to)
	clear(s[:n*room])
	for i := range room / page {
		keys := m.pages[i].keys[h*m.head*page:]
		p := panels{kind: Float32, k: m.head, out: page, data: unsafe.Pointer(&keys[0]), stride: int64(m.head * e.width * 4)}
		e.span(p, 0, (min(page, to-i*page)+e.width-1)/e.width, n, q, m.head, s[i*page:], room)
	}
}

// Mix computes the sum of the values of head h at positions 0 … to−1, each times
// its share [n][Room(to)], in ascending order, into y [n][head].
func (e *Engine) Mix(m *Memory, h, to, n int, share, y []float32) {
	room, wide := Room(to), (m.head+e.width-1)/e.width
	clear(y[:n*m.head])
	for i := range room / page {
		values := m.pages[i].values[h*wide*e.width*page:]
		p := panels{kind: Float32, k: min(page, to-i*page), out: m.head, data: unsafe.Pointer(&values[0]), stride: int64(page * e.width * 4)}
		e.span(p, 0, wide, n, share[i*page:], room, y, m.head)
	}
}
