package tokenizer

import "strings"

// readJoiner reads the decoder.
func readJoiner(p *part, names []string) (joiner, error) {
	const where = "decoder"
	parts, err := p.flatten(where, "decoders", 0)
	if err != nil {
		return joiner{}, err
	}
	if len(parts) == 0 {
		return joiner{}, unsupported("%s is missing: how tokens make text is not said", where)
	}
	j := joiner{pieces: append([]string(nil), names...)}
	fused := false
	for _, p := range parts {
		switch p.Type {
		case "ByteLevel":
			byteOf := byteAlphabet()
			for i, name := range j.pieces {
				if b, ok := fromBytes(name, byteOf); ok {
					j.pieces[i] = b
				}
			}
		case "Replace":
			err = j.readReplace(p, where, fused)
		case "ByteFallback":
			named := map[string]string{}
			for b := range 256 {
				named[byteName(b)] = string([]byte{byte(b)})
			}
			for i, name := range j.pieces {
				if b, ok := named[name]; ok {
					j.pieces[i] = b
				}
			}
		case "Fuse":
			fused = true
		case "Strip":
			err = j.readStrip(p, where, fused)
		case "Metaspace":
			err = j.readMetaspace(p, where)
		default:
			err = unsupported("%s: type %q is not supported; ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip and Sequence are", where, p.Type)
		}
		if err != nil {
			return joiner{}, err
		}
	}
	return j, nil
}

func (j *joiner) readReplace(p *part, where string, fused bool) error {
	var f struct {
		Pattern patternFile `json:"pattern"`
		Content string      `json:"content"`
	}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	if f.Pattern.String == nil || fused {
		return unsupported("%s: Replace is supported of a String before Fuse only", where)
	}
	for i, piece := range j.pieces {
		j.pieces[i] = strings.ReplaceAll(piece, *f.Pattern.String, f.Content)
	}
	return nil
}

func (j *joiner) readStrip(p *part, where string, fused bool) error {
	var f struct {
		Content string `json:"content"`
		Start   int    `json:"start"`
		Stop    int    `json:"stop"`
	}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	if !fused || len(f.Content) != 1 || f.Stop != 0 || f.Start < 0 || j.most > 0 {
		return unsupported("%s: Strip is supported once, of an ASCII character, after Fuse, at the start only", where)
	}
	j.strip, j.most = f.Content[0], f.Start
	return nil
}

func (j *joiner) readMetaspace(p *part, where string) error {
	var f struct {
		Sign   string  `json:"replacement"`
		Scheme *string `json:"prepend_scheme"`
		Prefix *bool   `json:"add_prefix_space"`
	}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	scheme, err := prependScheme(f.Scheme, f.Prefix, where)
	if err != nil {
		return err
	}
	if f.Sign == "" || j.firsts != nil {
		return unsupported("%s: Metaspace needs a replacement and may stand once", where)
	}
	j.firsts = make([]string, len(j.pieces))
	for i, piece := range j.pieces {
		j.pieces[i] = strings.ReplaceAll(piece, f.Sign, " ")
		j.firsts[i] = j.pieces[i]
		if scheme != "never" {
			j.firsts[i] = strings.ReplaceAll(piece, f.Sign, "")
		}
	}
	return nil
}
