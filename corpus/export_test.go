package corpus

// Strain makes a stock do for few rows what it does for many: keep an index, and spill.
func (s *Stock) Strain() { s.indexFrom, s.limit = 1, 100 }
