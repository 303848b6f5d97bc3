package main

import (
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func newParser(body []byte, contentType string) (textparse.Parser, error) {
	return textparse.New(body, contentType)
}

func labelsOf(parser textparse.Parser) labels.Labels {
	var l labels.Labels
	parser.Metric(&l)
	return l
}

func hasStart(textparse.Parser) bool { return false }

func toFloat(h *histogram.Histogram) *histogram.FloatHistogram { return h.ToFloat() }

func isCustom(*histogram.FloatHistogram) bool { return false }
