package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/view/langid"
)

// The texts of a small recipe, a few sentences of each language, written for this test.
var small = map[string]string{
	"english-web.txt": "the water pump of the house was out of order\nwe have asked the people of the village for help\nthey will come when the weather is better\nthis is what he said about it",
	"french.txt":      "la pompe de la maison est en panne depuis hier\nnous avons demandé aux gens du village de nous aider\nils viendront quand il fera meilleur\nc'est ce qu'il en a dit",
	"german.txt":      "die pumpe des hauses ist seit gestern kaputt\nwir haben die leute aus dem dorf um hilfe gebeten\nsie werden kommen wenn das wetter besser ist\ndas hat er darüber gesagt",
	"finnish.txt":     "talon pumppu on ollut rikki eilisestä lähtien\npyysimme kylän väeltä apua\nhe tulevat kun sää paranee\nniin hän siitä sanoi",
	"swedish.txt":     "husets pump har varit trasig sedan igår\nvi har bett folket i byn om hjälp\nde kommer när vädret blir bättre\ndet sade han om det",
}

const (
	spanish    = `{"a":"la bomba de la casa está rota desde ayer","b":["hemos pedido ayuda a la gente del pueblo","vendrán cuando haga mejor tiempo"],"c":"eso es lo que dijo"}`
	parameters = "param\tseed\t7\nparam\tsteps\t4000\nparam\trate_thousandths\t100\nparam\tdrop_percent\t30\nparam\tother_shift_hundredths\t0\nparam\tscale\t16\n" +
		"param\tfloor_percent_0\t0\nparam\tfloor_percent_1\t0\nparam\tfloor_percent_2\t0\nparam\tfloor_percent_3\t0\nparam\tfloor_percent_4\t0\nparam\tfloor_percent_5\t0\nparam\tfloor_percent_6\t0\n"
)

// kitchen writes the sources and their recipe, and returns the flags but for -out.
func kitchen(t *testing.T) (dir string, args []string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range small {
		write(filepath.Join("shared", "book", name), text)
	}
	write(filepath.Join("shared", "app", "i18n", "translations", "es.json"), spanish)
	write(filepath.Join("shared", "app", "i18n", "translations", "en.json"), `{"a":"the only string"}`)
	_, book, err := folder(filepath.Join(dir, "shared", "book"), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	_, app, err := folder(filepath.Join(dir, "shared", "app"), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	write("recipe.tsv", "# a small one\n"+parameters+"source\tgenesis\tshared:book\t"+book+"\town\nsource\ttranslations\tshared:app\t"+app+"\town\n")
	return dir, []string{"-packages", dir, "-shared", filepath.Join(dir, "shared"), "-recipe", filepath.Join(dir, "recipe.tsv")}
}

// made runs the program and returns what it wrote.
func made(t *testing.T, dir string, args []string) []byte {
	t.Helper()
	out := filepath.Join(dir, "model.bin")
	var log bytes.Buffer
	if err := run(append(args, "-out", out), &log); err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("model\t%x\n", sha256.Sum256(model)); !strings.HasSuffix(log.String(), want) {
		t.Errorf("it says %q, want %q at the end", log.String(), want)
	}
	return model
}

// TestTheSameTextsGiveTheSameModel: bytes that are written down, on every machine.
func TestTheSameTextsGiveTheSameModel(t *testing.T) {
	const want = "2aecc1c6e37aa798a2d67308fda1d015b25f649cb98c99038e4a9d1b273ea94f"
	dir, args := kitchen(t)
	model := made(t, dir, args)
	sum := sha256.Sum256(model)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the model is %s, want %s", got, want)
	}
	again, args := kitchen(t)
	if !bytes.Equal(made(t, again, args), model) {
		t.Error("the same texts in another folder give another model")
	}
	m, err := langid.Parse(model)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]langid.Language{
		"the people of the house": langid.English, "les gens de la maison": langid.French, "die leute aus dem haus": langid.German, "la gente de la casa": langid.Spanish,
		"niin hän sanoi siitä": langid.Other,
	} {
		if got, _ := m.Detect(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestAnotherSeedGivesAnotherModel(t *testing.T) {
	dir, args := kitchen(t)
	model := made(t, dir, args)
	name := filepath.Join(dir, "recipe.tsv")
	recipe, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(recipe, []byte("seed\t7"), []byte("seed\t8"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(made(t, dir, args), model) {
		t.Error("the seed changes nothing")
	}
}

func TestOtherSourcesAreRefused(t *testing.T) {
	dir, args := kitchen(t)
	if err := os.WriteFile(filepath.Join(dir, "shared", "book", "french.txt"), []byte("autre chose"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "model.bin")
	if err := run(append(args, "-out", out), &bytes.Buffer{}); !errors.Is(err, errDigest) {
		t.Errorf("a changed source: got %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a model is there all the same")
	}
	var log bytes.Buffer
	if err := run(append(args, "-any", "-out", out), &log); err != nil || strings.Count(log.String(), "source\t") != 2 {
		t.Errorf("with -any: got %v, and it says %q", err, log.String())
	}
}

func TestBadRecipesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{
		"flavour\tsweet\n", "param\tseed\n", "param\tseed\tmany\n", "source\tgenesis\tshared:book\n", "", // no parameter
		parameters + "source\tnovel\tshared:book\t00\town\n", parameters + "source\tgenesis\tftp:book\t00\town\n", parameters + "source\tgenesis\tshared:absent\t00\town\n",
		strings.Replace(parameters, "param\tsteps\t4000\n", "", 1), parameters, // no text
	} {
		name := filepath.Join(dir, "recipe.tsv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run([]string{"-shared", dir, "-packages", dir, "-recipe", name, "-out", filepath.Join(dir, "model.bin")}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q makes a model", text)
		}
	}
}
