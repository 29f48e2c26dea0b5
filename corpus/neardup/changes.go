package neardup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// The changes since the index was built are batches: position, how many keys
// and entries, these, and the xxh3 of all that.
const batchHead = 16

// log appends a batch.
func (x *Index) log(position uint64, remove []Key, put []Entry) error {
	b := binary.LittleEndian.AppendUint64(nil, position)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(remove))) //nolint:gosec // in memory
	b = binary.LittleEndian.AppendUint32(b, uint32(len(put)))    //nolint:gosec // in memory
	for _, k := range remove {
		b = append(b, k[:]...)
	}
	for i := range put {
		b = appendEntry(b, &put[i])
	}
	b = binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
	_, err := x.changes.Write(b)
	return err
}

// replay applies the batches of the file again and cuts off one that was not
// written to its end.
func (x *Index) replay() error {
	data, err := io.ReadAll(x.changes)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	good := 0
	for {
		position, remove, put, size := readBatch(data[good:])
		if size == 0 {
			break
		}
		if _, err := x.apply(position, remove, put, false); err != nil {
			if errors.Is(err, ErrNotFound) || errors.Is(err, ErrSameKey) {
				err = fmt.Errorf("%w: its changes are of another index", ErrNoIndex)
			}
			return err
		}
		good += size
	}
	if err := x.changes.Truncate(int64(good)); err != nil {
		return fmt.Errorf("cut changes: %w", err)
	}
	_, err = x.changes.Seek(int64(good), io.SeekStart)
	return err
}

// readBatch reads the first batch of data; size is 0 where there is none whole.
func readBatch(data []byte) (position uint64, remove []Key, put []Entry, size int) {
	if len(data) < batchHead {
		return 0, nil, nil, 0
	}
	position = binary.LittleEndian.Uint64(data)
	keys, entries := int(binary.LittleEndian.Uint32(data[8:])), int(binary.LittleEndian.Uint32(data[12:]))
	end := batchHead + keys*len(Key{}) + entries*entryBytes
	if len(data) < end+8 || binary.LittleEndian.Uint64(data[end:]) != xxh3.Hash(data[:end]) {
		return 0, nil, nil, 0
	}
	for r := bytes.NewBuffer(data[batchHead:end]); r.Len() > 0; {
		if keys > 0 {
			keys--
			remove = append(remove, Key(r.Next(len(Key{}))))
		} else {
			put = append(put, readEntry(r.Next(entryBytes)))
		}
	}
	return position, remove, put, end + 8
}
