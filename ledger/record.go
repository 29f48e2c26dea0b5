package ledger

import (
	"encoding/json"
	"fmt"

	"licet"
)

// recordContext maps the prefixes of a record, so that it needs no network to be read.
var recordContext = map[string]string{
	"dct": "http://purl.org/dc/terms/", "dpv": "https://w3id.org/dpv#", "licet": "urn:licet:",
}

// recordProfile is the receipt of ISO/IEC TS 27560 as the W3C Data Privacy
// Vocabularies group writes it.
const recordProfile = "https://w3id.org/dpv/schema/dpv-27560#receipt-record"

// statuses are what a choice is called there, and the basis that it is about.
var statuses = map[string][2]string{
	SaysObjected:  {"dpv:LegitimateInterestObjected", "dpv:LegitimateInterest"},
	SaysWithdrew:  {"dpv:ConsentWithdrawn", "dpv:Consent"},
	SaysConsented: {"dpv:ConsentGiven", "dpv:Consent"},
}

const recordTime = "2006-01-02T15:04:05.000Z"

// record writes what a receipt's events say as JSON-LD (docs/formats/receipt.md).
func record(origin string, joined licet.Joined, at uint64, statements []Statement) (json.RawMessage, error) {
	processes, models := []any{}, []any{}
	for _, s := range statements {
		switch s.Says {
		case SaysObjected, SaysWithdrew, SaysConsented:
			method := s.Said.Channel
			if s.Said.Screen != "" {
				method += ": " + s.Said.Screen
			}
			status := map[string]any{
				"@type": statuses[s.Says][0], "dpv:isIndicatedAtTime": s.Time.Format(recordTime), "dpv:isIndicatedBy": "dpv:DataSubject",
				"dpv:hasIndicationMethod": method, "licet:event": s.Event,
			}
			if s.Said.Language != "" {
				status["dct:language"] = s.Said.Language
			}
			if s.Said.Notice != "" {
				status["dpv:hasNotice"] = s.Said.Notice
			}
			processes = append(processes, map[string]any{
				"@type": "dpv:Process", "dpv:hasPurpose": "licet:" + string(s.Purpose), "dpv:hasPersonalData": "dpv:ProvidedPersonalData",
				"dpv:hasLegalBasis": statuses[s.Says][1], "dpv:hasStatus": status,
			})
		case SaysIn, SaysOut:
			models = append(models, map[string]any{
				"licet:model": s.Adapter.String(), "licet:servedFrom": s.Time.Format(recordTime), "licet:event": s.Event, "licet:learnedFromSubject": s.Says == SaysIn,
			})
		}
	}
	country := joined.Facts.Country
	if country == "" {
		country = "unknown"
	}
	data, err := canonical(map[string]any{
		"@context": recordContext, "@type": "dpv:DataProcessingRecord", "dct:conformsTo": recordProfile,
		"dct:identifier": fmt.Sprintf("%s#%d", origin, at), "dpv:hasDataController": origin,
		"dpv:hasDataSubject": joined.Token.String(), "dpv:hasJurisdiction": country,
		"dpv:hasProcess": processes, "licet:models": models,
	})
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return data, nil
}
