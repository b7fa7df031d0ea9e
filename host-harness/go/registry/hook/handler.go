package hook

import (
	"context"
	"net/http"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/sirupsen/logrus"
)

// handler wraps the registry of a configuration. It panics where the configuration is invalid, as distribution does while
// it starts: a registry that was meant to be guarded must not start without its guard. Check finds out before.
func handler(config *configuration.Configuration, next http.Handler) http.Handler {
	options, err := OptionsOf(config)
	if err != nil {
		panic(err)
	}
	if options == nil {
		logrus.Warnf("tagseal: no repository middleware `%s` is configured and enabled, so no tag is guarded", Name)
		return next
	}
	guard, err := Open(context.Background(), options)
	if err != nil {
		panic(err)
	}
	if config.Proxy.RemoteURL != "" {
		logrus.Warn("tagseal: what a pull-through cache writes is not guarded: it moves its tags whenever they are pulled")
	}
	guard.policy.use(func(active *activePolicy) {
		logrus.WithFields(logrus.Fields{
			"policy": options.Policy, "revision": active.revision, "mode": options.Mode, "component": guard.component.Digest(),
		}).Info("tagseal: tags are guarded")
	})
	return guard.Handler(next)
}

// Handler wraps the registry: it opens a ticket for each request that may write, answers for the middleware when it has
// denied, and gives the request's locks back once it is answered.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		opened, r := openTicket(g, r)
		defer opened.close()
		answering := &answer{ResponseWriter: w, ticket: opened}
		next.ServeHTTP(answering, r)
		answering.end()
	})
}

// An answer is the answer to a request that may write. Where the middleware has denied, it is the denial, whatever
// distribution makes of it.
type answer struct {
	http.ResponseWriter
	ticket  *ticket
	started bool
	denied  bool
}

// WriteHeader writes the status, or the denial.
func (a *answer) WriteHeader(status int) {
	if a.started {
		return
	}
	if id := a.ticket.id(); id != "" {
		a.Header().Set("X-Request-Id", id)
	}
	if refused := a.ticket.refused(); refused != nil {
		a.started, a.denied = true, true
		refused.write(a.ResponseWriter)
		return
	}
	// An informational status comes before the answer.
	a.started = status >= http.StatusOK
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body, which is dropped where the denial has taken its place.
func (a *answer) Write(part []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.denied {
		return len(part), nil
	}
	return a.ResponseWriter.Write(part)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// end writes a denial that distribution has not answered to.
func (a *answer) end() {
	if !a.started && a.ticket.refused() != nil {
		a.WriteHeader(http.StatusOK)
	}
}
