package hook

import (
	"github.com/distribution/distribution/v3/metrics"
	gometrics "github.com/docker/go-metrics"
)

// What the hook counts, among distribution's own metrics: `registry_tagseal_decisions_total` and so on.
var (
	namespace = gometrics.NewNamespace(metrics.NamespacePrefix, Name, nil)

	// decisions counts what was decided, by what became of it and why. What monitor mode let through counts as
	// `monitored`.
	decisions = namespace.NewLabeledCounter("decisions", "The number of decisions about pushes and deletes", "outcome", "code")
	// policiesRefused counts documents that did not become active.
	policiesRefused = namespace.NewCounter("policies_refused", "The number of changes of the policy file that were refused")
	// auditLinesLost counts lines that could not be written.
	auditLinesLost = namespace.NewCounter("audit_lines_lost", "The number of audit lines that could not be written")
)

func init() {
	gometrics.Register(namespace)
}
