package main

import (
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func newParser(body []byte, contentType string) (textparse.Parser, error) {
	return textparse.New(body, contentType, "", true, true, false, labels.NewSymbolTable())
}

func labelsOf(parser textparse.Parser) labels.Labels {
	var l labels.Labels
	parser.Labels(&l)
	return l
}

func hasStart(parser textparse.Parser) bool { return parser.CreatedTimestamp() != 0 }

func toFloat(h *histogram.Histogram) *histogram.FloatHistogram { return h.ToFloat(nil) }

func isCustom(h *histogram.FloatHistogram) bool { return h.UsesCustomBuckets() }
