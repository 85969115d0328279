// What this crate does, done with Go's own packages, timed within this process.
//
// The first argument is the folder with the inputs. Each line of standard input is an order, answered
// with a line: `time WORK COUNT` with the nanoseconds of one, `check WORK` with how many octets came out
// of all inputs and a hash of them.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"hash"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// The hash while outputs are checked, nil while time is taken.
var checked hash.Hash64

// What came out, in octets: a result that nobody uses may not be computed.
var total int

func seen(octets []byte) {
	total += len(octets)
	if checked != nil {
		checked.Write(octets)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// A file of items, each behind its length as four octets, the highest first.
func readItems(folder, name string) [][]byte {
	rest := must(os.ReadFile(filepath.Join(folder, name)))
	var items [][]byte
	for len(rest) > 0 {
		length := binary.BigEndian.Uint32(rest)
		items = append(items, rest[4:4+length])
		rest = rest[4+length:]
	}
	return items
}

func encode(chain [][]byte) {
	for _, der := range chain {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		escaped := url.QueryEscape(string(text))
		total += len(escaped)
		if checked != nil {
			checked.Write([]byte(escaped))
		}
	}
}

func decode(text string) {
	rest := []byte(must(url.QueryUnescape(text)))
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return
		}
		seen(must(x509.ParseCertificate(block.Bytes)).Raw)
	}
}

func judge(leaf, intermediate []byte, anchors *x509.CertPool) {
	certificate := must(x509.ParseCertificate(leaf))
	others := x509.NewCertPool()
	others.AddCert(must(x509.ParseCertificate(intermediate)))
	must(certificate.Verify(x509.VerifyOptions{
		Roots:         anchors,
		Intermediates: others,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}))
	seen(certificate.Raw)
}

func pool(anchors [][]byte) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, anchor := range anchors {
		pool.AddCert(must(x509.ParseCertificate(anchor)))
	}
	return pool
}

type work struct {
	run    func(input int)
	inputs int
	next   int
}

func (work *work) takeTime(count int) {
	start := time.Now()
	for done := 0; done < count; done++ {
		work.run(work.next)
		work.next = (work.next + 1) % work.inputs
	}
	fmt.Printf("%.1f\n", float64(time.Since(start).Nanoseconds())/float64(count))
}

func (work *work) check() {
	checked, total = fnv.New64a(), 0
	for input := 0; input < work.inputs; input++ {
		work.run(input)
	}
	fmt.Println(total, checked.Sum64())
	checked = nil
}

func main() {
	// Collecting garbage takes its time here, too, and not that of another core.
	runtime.GOMAXPROCS(1)

	folder := os.Args[1]
	chains, clients := readItems(folder, "chains"), readItems(folder, "clients")
	var texts []string
	for _, text := range readItems(folder, "texts") {
		texts = append(texts, string(text))
	}
	anchors := readItems(folder, "anchors")
	one, all := pool(anchors[:1]), pool(anchors)
	judgeUnder := func(anchors *x509.CertPool) func(int) {
		return func(client int) { judge(clients[2*client], clients[2*client+1], anchors) }
	}
	works := map[string]*work{
		"encode":          {run: func(chain int) { encode(chains[3*chain : 3*chain+3]) }, inputs: len(chains) / 3},
		"decode":          {run: func(chain int) { decode(texts[chain]) }, inputs: len(texts)},
		"judge-under-one": {run: judgeUnder(one), inputs: len(clients) / 2},
		"judge-under-all": {run: judgeUnder(all), inputs: len(clients) / 2},
	}

	fmt.Println("Go", runtime.Version())
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		var order, name string
		var count int
		fmt.Sscan(orders.Text(), &order, &name, &count)
		switch order {
		case "time":
			works[name].takeTime(count)
		case "check":
			works[name].check()
		}
	}
}
