package hook

import (
	"context"
	"errors"

	"tagseal"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/sirupsen/logrus"
)

// ErrPolicy is that the policy file can't be read, or has no valid document. Where the document is invalid, the error
// wraps a tagseal.DocumentError too.
var ErrPolicy = errors.New("the policy can't be loaded")

// A Guard decides the pushes and deletes of one registry by its policy.
type Guard struct {
	mode      Mode
	component *tagseal.Component
	policy    *policyFile
	locks     *locks
	audit     *auditLog
	stop      context.CancelFunc
}

// Open loads the component and the policy that the options name, and follows the policy file until Close.
//
// It fails with ErrOptions, ErrComponent or ErrPolicy.
func Open(ctx context.Context, options *Options) (*Guard, error) {
	component, err := loadComponent(ctx, options.Component)
	if err != nil {
		return nil, err
	}
	audit, err := openAuditLog(options.Audit)
	if err != nil {
		return nil, errors.Join(err, component.Close())
	}
	policy, err := openPolicyFile(ctx, options.Policy, component)
	if err != nil {
		return nil, errors.Join(err, component.Close(), audit.close())
	}
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	guard := &Guard{mode: options.Mode, component: component, policy: policy, locks: newLocks(), audit: audit, stop: stop}
	go policy.follow(following, guard.policyChanged)
	return guard, nil
}

// Check opens what a configuration names and closes it again, so that a mistake is found before the registry starts.
// It fails as OptionsOf and Open do.
func Check(ctx context.Context, config *configuration.Configuration) error {
	options, err := OptionsOf(config)
	if err != nil || options == nil {
		return err
	}
	guard, err := Open(ctx, options)
	if err != nil {
		return err
	}
	return guard.Close()
}

// Close stops following the policy file, and gives back what the guard holds. Later questions are denied.
func (g *Guard) Close() error {
	g.stop()
	return errors.Join(g.component.Close(), g.audit.close())
}

// policyChanged reports a new policy.
func (g *Guard) policyChanged(active *activePolicy) {
	logrus.WithFields(logrus.Fields{"policy": g.policy.path, "revision": active.revision}).Info("tagseal: a new policy is active")
	g.audit.write(&auditLine{Kind: "rules", Instance: active.instance, Revision: &active.revision})
}
