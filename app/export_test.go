package app

import (
	"encoding/json"

	"licet"
)

// ManifestOf reads a manifest of an installation.
func ManifestOf(a *App, d licet.Digest) (m Manifest, err error) {
	data, err := a.objects.Get(d)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(data, &m)
}
