// Extracts the files of a tar as s3tar does when it is given an external table of contents: by the
// index beside the tar, with the readers of Go's own library for CSV and tar, which s3tar uses too.
//
//	toc ARCHIVE INDEX
//
// Prints a line of JSON for each row of the index. The rules are those of s3tar's extract.go
// (github.com/awslabs/amazon-s3-tar-tool, commit 7be23f7): extractCSVToc reads the index,
// extractRange takes a file's bytes, and extractTarHeaderEnding the header before them.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"hash/crc32"
	"io"
	"os"
	"strconv"
)

type row struct {
	Name  string
	Start int64
	Size  int64
	Etag  string
	Crc32 uint32
	Mode  int64
	Mtime int64
}

func main() {
	archive, err := os.Open(os.Args[1])
	check(err)
	index, err := os.Open(os.Args[2])
	check(err)
	reader := csv.NewReader(index)
	shown := json.NewEncoder(os.Stdout)
	for {
		// s3tar stops at the first line that it cannot read, and says nothing. Here that is an error.
		fields, err := reader.Read()
		if err == io.EOF {
			return
		}
		check(err)
		if len(fields) != 4 {
			panic("s3tar takes four columns")
		}
		start, err := strconv.ParseInt(fields[1], 10, 64)
		check(err)
		size, err := strconv.ParseInt(fields[2], 10, 64)
		check(err)
		found := crc32.NewIEEE()
		_, err = io.Copy(found, io.NewSectionReader(archive, start, size))
		check(err)
		header := headerBefore(archive, start)
		check(shown.Encode(row{
			fields[0], start, size, fields[3], found.Sum32(), header.Mode, header.ModTime.Unix(),
		}))
	}
}

// headerBefore takes three blocks for a header, and if that is none, the last one.
func headerBefore(archive *os.File, end int64) *tar.Header {
	for _, length := range []int64{3 * 512, 512} {
		if length > end {
			continue
		}
		blocks := make([]byte, length)
		_, err := archive.ReadAt(blocks, end-length)
		check(err)
		if header, err := tar.NewReader(bytes.NewReader(blocks)).Next(); err == nil {
			return header
		}
	}
	panic("there is no header")
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
