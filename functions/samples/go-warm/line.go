package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connectSpan = time.Second
	answerSpan  = 40 * time.Second // the operator answers within 25 s
	moved       = 421
)

// addresses says where the operator is: where a holder was named, there, else where we were told.
type addresses struct {
	home       string
	serverName string
	token      string
	trust      *tls.Config
	lock       sync.Mutex
	current    string
	onMove     func()
}

func newAddresses(s settings) (*addresses, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(s.ca)) {
		return nil, errors.New("ASW_CA holds no certificate")
	}
	trust := &tls.Config{RootCAs: pool, ServerName: s.serverName}
	return &addresses{home: s.url, current: s.url, serverName: s.serverName, token: s.token, trust: trust}, nil
}

func (a *addresses) base() string {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.current
}

// move asks there from now on; false where it is no address that we would ask at.
func (a *addresses) move(holder string) bool {
	place, err := url.Parse(holder)
	if err != nil || place.Scheme != "https" || place.Host == "" {
		return false
	}
	a.lock.Lock()
	isNew := a.current != holder
	a.current = holder
	a.lock.Unlock()
	if isNew && a.onMove != nil {
		a.onMove()
	}
	return true
}

func (a *addresses) lose(base string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.current == base {
		a.current = a.home
	}
}

// reply is what the operator said; the members are those of all answers.
type reply struct {
	status     int
	retryAfter time.Duration
	Cancel     []string        `json:"cancel"`
	Outcome    int             `json:"outcome"`
	Reason     string          `json:"reason"`
	Task       json.RawMessage `json:"task"`
	Holder     any             `json:"holder"`
}

var errInterrupted = errors.New("interrupted")

// line is one kept connection of one goroutine; others may call interrupt.
type line struct {
	addrs       *addresses
	client      *http.Client
	isByName    bool
	interrupted atomic.Bool
	lock        sync.Mutex
	cancel      context.CancelFunc
}

func newLine(addrs *addresses) *line {
	l := &line{addrs: addrs}
	l.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: addrs.trust, MaxConnsPerHost: 1, DisableCompression: true, DialContext: l.dial,
		TLSHandshakeTimeout: 5 * time.Second,
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return l
}

// dial tries the address first and, in turns, the name: a Service made again has a new address.
func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	home, err := url.Parse(l.addrs.home)
	isHome := err == nil && home.Host == address
	place := address
	if isHome && l.isByName {
		place = net.JoinHostPort(l.addrs.serverName, home.Port())
	}
	dialer := net.Dialer{Timeout: connectSpan, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3,
	}}
	connection, err := dialer.DialContext(ctx, network, place)
	if err != nil && isHome {
		l.isByName = !l.isByName && l.addrs.serverName != ""
	}
	return connection, err
}

// arm: what is to be asked is made up after this, so that an interruption from now on concerns it.
func (l *line) arm() { l.interrupted.Store(false) }

func (l *line) interrupt() {
	l.interrupted.Store(true)
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
}

// post asks, wherever the operator lives by now.
func (l *line) post(path string, body []byte, span time.Duration) (*reply, error) {
	for hops := 0; ; hops++ {
		base := l.addrs.base()
		answer, err := l.exchange(base+path, body, span)
		if err != nil {
			l.client.CloseIdleConnections()
			if l.interrupted.Load() {
				return nil, errInterrupted
			}
			if base != l.addrs.home {
				l.addrs.lose(base)
			}
			return nil, err
		}
		holder, isText := answer.Holder.(string)
		if answer.status != moved || hops == 2 || !isText || !l.addrs.move(holder) {
			return answer, nil
		}
	}
}

func (l *line) exchange(place string, body []byte, span time.Duration) (*reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), span)
	defer cancel()
	l.lock.Lock()
	l.cancel = cancel
	l.lock.Unlock()
	if l.interrupted.Load() {
		return nil, errInterrupted
	}
	request, err := http.NewRequestWithContext(ctx, "POST", place, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if l.addrs.serverName != "" {
		request.Host = l.addrs.serverName
	}
	request.Header.Set("Authorization", "Bearer "+l.addrs.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	answer := &reply{}
	if response.StatusCode == 200 || response.StatusCode == moved {
		if err := json.Unmarshal(content, answer); err != nil {
			return nil, errors.New("the answer is no JSON object")
		}
	}
	answer.status = response.StatusCode
	if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		answer.retryAfter = min(time.Duration(wait)*time.Second, 30*time.Second)
	}
	return answer, nil
}

// pauses get longer, and are never in step with those of others.
type pauses struct{ next time.Duration }

func newPauses() *pauses { return &pauses{next: 50 * time.Millisecond} }

func (p *pauses) take(atLeast time.Duration) time.Duration {
	pause, chance := p.next, rand.Float64()
	p.next = min(p.next*2, 5*time.Second)
	return time.Duration(max(float64(pause)*(0.5+chance), float64(atLeast)*(1+chance/4)))
}
