/** Labels of an object or of a selector. */
export type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels: Labels;
}

/** The parts of a container that the tests read. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources?: { readonly limits?: { readonly memory?: string } };
}

interface Probe {
  readonly tcpSocket?: object;
  readonly httpGet?: { readonly port: string };
}

/** The parts of a Deployment, DaemonSet or StatefulSet that the tests read. */
export interface Workload {
  readonly replicas?: number;
  readonly selector: Selector;
  readonly template: {
    readonly metadata: { readonly labels: Labels };
    readonly spec: {
      readonly terminationGracePeriodSeconds?: number;
      readonly containers: readonly Container[];
      readonly volumes?: readonly { readonly configMap?: { readonly name: string } }[];
    };
  };
}

/** The parts of a Service that the tests read. */
export interface Service {
  readonly type?: string;
  readonly selector?: Labels;
  readonly ports?: readonly {
    readonly name: string;
    readonly port: number;
    readonly targetPort: string;
  }[];
}

/** The parts of a ServiceMonitor or PodMonitor that the tests read. */
export interface Monitor {
  readonly selector: Selector;
  readonly endpoints?: readonly { readonly port: string }[];
  readonly podMetricsEndpoints?: readonly { readonly port: string }[];
}

/** The parts of a PodDisruptionBudget that the tests read. */
export interface Budget {
  readonly selector: Selector;
}

/** The parts of a HorizontalPodAutoscaler that the tests read. */
export interface Autoscaler {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
}

/** Whether a selector matches these labels. */
export function selects(selector: Labels, labels: Labels = {}): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}
