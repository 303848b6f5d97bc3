// Renders Kubernetes manifests with kustomize and looks at them as an API server does: strict decoding, defaults,
// the server's own validation of a creation, and pod security.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	genericrequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// strategies are what the API server creates an object of each kind with.
var strategies = map[string]rest.RESTCreateStrategy{
	"ConfigMap":               configmap.Strategy,
	"DaemonSet":               daemonset.Strategy,
	"Deployment":              deployment.Strategy,
	"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
	"Namespace":               namespace.Strategy,
	"NetworkPolicy":           networkpolicy.Strategy,
	"PersistentVolumeClaim":   persistentvolumeclaim.Strategy,
	"PodDisruptionBudget":     poddisruptionbudget.Strategy,
	"Service":                 service.Strategy,
	"ServiceAccount":          serviceaccount.Strategy,
	"StatefulSet":             statefulset.Strategy,
}

// internal are the versions that the API server works with, of each group above.
var internal = []schema.GroupVersion{
	{Group: "", Version: runtime.APIVersionInternal},
	{Group: "apps", Version: runtime.APIVersionInternal},
	{Group: "autoscaling", Version: runtime.APIVersionInternal},
	{Group: "networking.k8s.io", Version: runtime.APIVersionInternal},
	{Group: "policy", Version: runtime.APIVersionInternal},
}

// custom makes an empty object of each kind that the Prometheus operator defines.
var custom = map[string]func() any{
	"PodMonitor":     func() any { return &monitoringv1.PodMonitor{} },
	"PrometheusRule": func() any { return &monitoringv1.PrometheusRule{} },
	"ServiceMonitor": func() any { return &monitoringv1.ServiceMonitor{} },
}

type rendering struct {
	// Objects are the manifests as kustomize renders them.
	Objects []map[string]any `json:"objects"`
	// Faults say what an API server would refuse, each with the object it is in.
	Faults []string `json:"faults"`
	// Unchecked are objects of kinds that this program does not know.
	Unchecked []string `json:"unchecked"`
}

type pod struct {
	name, namespace string
	template        corev1.PodTemplateSpec
}

func main() {
	out, err := look(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// look renders a directory and collects what is wrong with the objects in it.
func look(directory string) (*rendering, error) {
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		return nil, err
	}
	out := &rendering{Objects: []map[string]any{}, Faults: []string{}, Unchecked: []string{}}
	levels := map[string]podsecurity.Level{}
	pods := []pod{}
	for _, object := range rendered.Resources() {
		content, err := object.Map()
		if err != nil {
			return nil, err
		}
		out.Objects = append(out.Objects, content)
		text, err := object.MarshalJSON()
		if err != nil {
			return nil, err
		}
		kind, name := object.GetKind(), object.GetKind()+"/"+object.GetName()
		switch {
		case strategies[kind] != nil:
			out.blame(name, create(strategies[kind], text, object.GetNamespace()))
		case custom[kind] != nil:
			out.blame(name, decode(text, custom[kind]()))
		default:
			out.Unchecked = append(out.Unchecked, name)
		}
		switch kind {
		case "Namespace":
			levels[object.GetName()] = podsecurity.Level(object.GetLabels()[podsecurity.EnforceLevelLabel])
		case "DaemonSet", "Deployment", "StatefulSet":
			pods = append(pods, podOf(text, name, object.GetNamespace()))
		}
	}
	return out, out.secure(pods, levels)
}

func (r *rendering) blame(name string, err error) {
	if err != nil {
		r.Faults = append(r.Faults, name+": "+err.Error())
	}
}

// decode refuses fields that the type of the object does not have, and fields that are there twice.
func decode(text []byte, object any) error {
	strict, err := kjson.UnmarshalStrict(text, object)
	return errors.Join(append(strict, err)...)
}

// create does what an API server does with a new object before it stores it.
func create(strategy rest.RESTCreateStrategy, text []byte, namespace string) error {
	decoder := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder(internal...)
	object, kind, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return err
	}
	ctx := genericrequest.WithRequestInfo(context.Background(), &genericrequest.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: kind.Version,
	})
	if strategy.NamespaceScoped() && namespace == "" {
		return errors.New("it has no namespace")
	}
	ctx = genericrequest.WithNamespace(ctx, namespace)
	if service, ok := object.(*core.Service); ok && service.Spec.ClusterIP != "" {
		// The storage of services does the same before it validates.
		service.Spec.ClusterIPs = []string{service.Spec.ClusterIP}
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	rest.FillObjectMetaSystemFields(metadata)
	return rest.BeforeCreate(strategy, ctx, object)
}

// podOf is the pod that a workload makes. What cannot be read has been blamed already.
func podOf(text []byte, name, namespace string) pod {
	var workload struct {
		Spec struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	_ = json.Unmarshal(text, &workload)
	return pod{name: name, namespace: namespace, template: workload.Spec.Template}
}

// secure holds each pod against the pod security level that its namespace enforces.
func (r *rendering) secure(pods []pod, levels map[string]podsecurity.Level) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	for _, pod := range pods {
		level, known := levels[pod.namespace]
		if !known {
			r.blame(pod.name, errors.New("its namespace enforces no pod security"))
			continue
		}
		version := podsecurity.LevelVersion{Level: level, Version: podsecurity.LatestVersion()}
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(version, &pod.template.ObjectMeta, &pod.template.Spec))
		if !result.Allowed {
			r.blame(pod.name, errors.New(result.ForbiddenDetail()))
		}
	}
	return nil
}
