// Shared by the programs of all versions: reads pages from stdin as JSON lines, and writes what the parser found.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

type page struct {
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`
}

type sample struct {
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"`
}

type result struct {
	Error   string   `json:"error"`
	Samples []sample `json:"samples"`
	// Native is the number of native histograms, Custom of those with custom buckets.
	Native int `json:"native"`
	Custom int `json:"custom"`
	// Started is the number of series with a start timestamp.
	Started int `json:"started"`
}

func text(value float64) string {
	if math.IsNaN(value) {
		return "NaN"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

func parse(in page) (out result) {
	parser, err := newParser(in.Body, in.ContentType)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			out.Error = err.Error()
			return out
		}
		switch entry {
		case textparse.EntrySeries:
			_, _, value := parser.Series()
			out.Samples = append(out.Samples, sample{labelsOf(parser).Map(), text(value)})
		case textparse.EntryHistogram:
			_, _, integer, float := parser.Histogram()
			out.addHistogram(labelsOf(parser), integer, float)
		default:
			continue
		}
		if hasStart(parser) {
			out.Started++
		}
	}
}

func (out *result) addHistogram(l labels.Labels, integer *histogram.Histogram, float *histogram.FloatHistogram) {
	if integer != nil {
		float = toFloat(integer)
	}
	out.Native++
	if isCustom(float) {
		out.Custom++
	}
	named := func(suffix string) map[string]string {
		all := l.Map()
		all["__name__"] += suffix
		return all
	}
	out.Samples = append(out.Samples, sample{named("_count"), text(float.Count)}, sample{named("_sum"), text(float.Sum)})
}

func main() {
	reader := bufio.NewReaderSize(os.Stdin, 1<<20)
	writer := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(writer)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 {
			var in page
			if err := json.Unmarshal(line, &in); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			if err := encoder.Encode(parse(in)); err != nil {
				os.Exit(1)
			}
			writer.Flush()
		}
		if err != nil {
			return
		}
	}
}
