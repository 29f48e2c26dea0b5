package stackexchange_test

import (
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"licet"
	"licet/internal/testshared"
	"licet/source"
	"licet/source/sourcetest"
	"licet/source/stackexchange"
)

func dump() fstest.MapFS {
	return fstest.MapFS{
		"Users.xml": {Data: []byte(`<?xml version="1.0" encoding="utf-8"?>
<users>
  <row Id="-1" CreationDate="2018-02-06T19:55:45.000" DisplayName="Community" AccountId="-1" />
  <row Id="4" CreationDate="2018-02-06T20:00:00.000" DisplayName="Ann Bell" AboutMe="&lt;p&gt;Ladders.&lt;/p&gt;" ProfileImageUrl="https://pictures.example/4" AccountId="40" />
  <row Id="5" CreationDate="2018-02-07T20:00:00.000" DisplayName="Bob" AccountId="50" />
</users>`)},
		"Posts.xml": {Data: []byte(`<posts>
  <row Id="1" PostTypeId="1" CreationDate="2018-02-08T20:00:00.000" OwnerUserId="4" Title="How long is a ladder?" Body="&lt;p&gt;Mine has &lt;b&gt;nine&lt;/b&gt; rungs.&lt;/p&gt;" ContentLicense="CC BY-SA 3.0" />
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2018-02-08T21:00:00.000" OwnerUserId="5" Body="&lt;blockquote&gt;&lt;p&gt;nine rungs&lt;/p&gt;&lt;/blockquote&gt;&lt;p&gt;Too short.&lt;/p&gt;" />
  <row Id="3" PostTypeId="2" ParentId="1" CreationDate="2018-02-08T22:00:00.000" Body="gone" />
  <row Id="6" PostTypeId="4" CreationDate="2018-02-08T22:00:00.000" OwnerUserId="4" Body="a tag's words" />
  <row Id="7" PostTypeId="1" CreationDate="2018-02-08T22:00:00.000" OwnerUserId="-1" Body="bot" />
  <row Id="8" PostTypeId="1" CreationDate="2018-02-08T22:00:00.000" OwnerUserId="4" CommunityOwnedDate="2018-03-01T00:00:00.000" Body="everybody's" />
</posts>`)},
		"Comments.xml": {Data: []byte(`<comments>
  <row Id="1" PostId="2" CreationDate="2018-02-09T20:00:00.000" UserId="4" Text="Says who?" />
  <row Id="2" PostId="2" CreationDate="2018-02-09T20:00:00.000" UserDisplayName="user99" Text="gone" />
</comments>`)},
	}
}

func TestADumpConforms(t *testing.T) { sourcetest.Run(t, stackexchange.FS(dump())) }

func TestARealDumpConforms(t *testing.T) {
	sourcetest.Run(t, stackexchange.Open(testshared.Dir(t, "se_conlang_meta/data")))
}

func TestWhatADumpSays(t *testing.T) {
	to := sourcetest.NewTarget(t)
	sum, err := source.Import(t.Context(), to, stackexchange.FS(dump()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"the site's own account": 2, "a deleted account": 2, "neither a question nor an answer": 1, "owned by the whole community": 1}
	if !maps.Equal(sum.Skipped, want) {
		t.Errorf("left out %v, want %v", sum.Skipped, want)
	}
	texts := map[string]licet.Record{}
	for r, err := range to.Vault.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		texts[r.Ref] = r
	}
	for ref, text := range map[string]string{
		"user-4-name": "Ann Bell", "user-4-about": "Ladders.", "user-4-photo": "", "user-5-name": "Bob",
		"post-1": "How long is a ladder?\n\nMine has nine rungs.", "post-2": "> nine rungs\n\nToo short.", "comment-1": "Says who?",
	} {
		if r, ok := texts[ref]; !ok || r.Text != text {
			t.Errorf("%s is %q, want %q", ref, r.Text, text)
		}
	}
	if len(texts) != 7 {
		t.Errorf("%d records, want 7", len(texts))
	}
	if p := texts["post-1"]; p.License != "CC BY-SA 3.0" || p.Kind != licet.KindPost || texts["post-2"].ReplyTo != p.ID {
		t.Errorf("post %+v", p)
	}
}

func TestBadDumps(t *testing.T) {
	users := string(dump()["Users.xml"].Data)
	for name, test := range map[string]struct{ text, want string }{
		"cut off":            {users[:len(users)-40], "Users.xml:5: the file is not well-formed XML here"},
		"another table":      {"<badges></badges>", "Users.xml:1: the file does not hold one element <users>"},
		"empty":              {"", "Users.xml:1: the file is not well-formed XML here"},
		"two tables":         {"<users></users><users></users>", "Users.xml:1: the file does not hold one element <users>"},
		"another element":    {"<users>\n<column/></users>", "Users.xml:2: an element other than <row>"},
		"a row without id":   {"<users>\n<row CreationDate=\"2018-02-06T19:55:45.000\"/></users>", "Users.xml:2: Id: is missing"},
		"a row without time": {"<users>\n<row Id=\"1\" DisplayName=\"pemmican\"/></users>", "Users.xml:2: CreationDate: is not a time"},
	} {
		files := dump()
		files["Users.xml"] = &fstest.MapFile{Data: []byte(test.text)}
		to := sourcetest.NewTarget(t)
		_, err := source.Import(t.Context(), to, stackexchange.FS(files))
		if _, ok := errors.AsType[*source.InputError](err); !ok || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "pemmican") {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if len(sourcetest.Records(t, to)) > 0 {
			t.Errorf("%s: something was imported", name)
		}
	}
	missing := dump()
	delete(missing, "Comments.xml")
	if _, err := source.Import(t.Context(), sourcetest.NewTarget(t), stackexchange.FS(missing)); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "Comments.xml") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestPlain(t *testing.T) {
	for markup, want := range map[string]string{
		"<p>one</p><p>two</p>":                                            "one\n\ntwo",
		"a <b>bold</b> <i>word</i>":                                       "a bold word",
		"<ul><li>one</li><li>two</li></ul>":                               "- one\n- two",
		`<a href="https://x.example">go</a>`:                              "go",
		"<pre><code>x  = 1\ny = 2</code></pre>":                           "x  = 1\ny = 2",
		"<p>call <code>f(x)</code>.</p>":                                  "call f(x).",
		"<pre>  x\n\n\n  y\n </pre><p>z</p>":                              "  x\n\n\n  y\n\nz",
		"<pre> \n</pre>":                                                  "",
		"<p>go&nbsp;<a>there</a>&nbsp;now</p>":                            "go there now",
		"<ol><li><p>one</p><p>more</p></li><li><pre> \nx</pre></li></ol>": "- one\n\nmore\n\n- x",
		"<blockquote><pre>a\n\nb</pre></blockquote>":                      "> a\n>\n> b",
		"<blockquote><p>said</p><blockquote><p>before</p></blockquote></blockquote><p>I</p>": "> said\n>\n> > before\n\nI",
		`<img src="x" alt="a cat">`: "",
		"a<br>b":                    "a\nb",
		"<script>alert(1)</script>": "",
		"&amp;lt; &eacute;":         "&lt; é",
		"":                          "",
	} {
		got, err := stackexchange.Plain(markup)
		if err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", markup, got, err, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<p>one</p><blockquote>two<ul><li>three")
	f.Add("<pre>\n\n x</pre><table><tr><td>1<td>2")
	f.Add("a<br><br><br>b&nbsp;c")
	f.Fuzz(func(t *testing.T, markup string) {
		text, err := stackexchange.Plain(markup)
		if err != nil {
			return
		}
		if strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n") {
			t.Errorf("an empty line at an end: %q", text)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimRightFunc(line, unicode.IsSpace) != line {
				t.Errorf("a line that ends in blanks: %q", text)
			}
		}
	})
}
