package vectors

import (
	"errors"
	"fmt"

	"tagseal"
)

// refusalOf is the refusal that an error stands for, nil where it is another error.
func refusalOf(err error) *tagseal.Refusal {
	var refused *tagseal.RefusalError
	if errors.As(err, &refused) {
		return &refused.Refusal
	}
	return nil
}

// checkAnswered compares a refusal with what is expected, one of both of which may be nil, and says whether it was one.
func checkAnswered(expected *template, err error, codes []string, namesRules bool) (found []string, refused bool, failure error) {
	refusal := refusalOf(err)
	switch {
	case refusal == nil && err != nil:
		return nil, false, err
	case refusal == nil && expected != nil:
		return []string{fmt.Sprintf("expected the refusal %s", show(expected.value))}, true, nil
	case refusal == nil:
		return nil, false, nil
	case expected == nil:
		return []string{fmt.Sprintf("expected an answer, got the refusal %+v", *refusal)}, true, nil
	}
	came, err := valueOf(refusal)
	found = differences("/refused", expand(expected.value, notRepeated), came)
	return append(found, checkRefusal(refusal, codes, namesRules)...), true, err
}

// checkExpectations refuses a vector that expects nothing, or two things.
func checkExpectations(expected ...bool) error {
	count := 0
	for _, there := range expected {
		if there {
			count++
		}
	}
	if count != 1 {
		return errors.New("a vector expects an answer or a refusal")
	}
	return nil
}

// policyFields are the fields of a vector that asks a policy, which the component makes of a document.
type policyFields struct {
	Name     string    `json:"name"`
	Document *template `json:"document"`
	Text     *template `json:"text"`
}

func (p *policyFields) title() string { return p.Name }

func (p *policyFields) inherit(document *template) {
	if p.Document == nil {
		p.Document = document
	}
}

// documentFields are the fields of a document that is JSON or a text.
type documentFields struct {
	Document     *template `json:"document"`
	DocumentText *template `json:"document-text"`
}

func (d *documentFields) inherit(document *template) {
	if d.Document == nil && d.DocumentText == nil {
		d.Document = document
	}
}

func (d *documentFields) document() (string, error) {
	switch {
	case d.DocumentText != nil:
		return d.DocumentText.text(), nil
	case d.Document != nil:
		return d.Document.json(), nil
	default:
		return "", errors.New("neither the vector nor its file has a document")
	}
}

// either is a text that is given as JSON or as it is.
func either(value, text *template) (string, error) {
	switch {
	case value != nil && text != nil:
		return "", errors.New("a vector asks by JSON or by a text")
	case value != nil:
		return value.json(), nil
	case text != nil:
		return text.text(), nil
	default:
		return "", errors.New("a vector asks nothing")
	}
}
