package tagseal

# The rules that are asked about a repository, and the name that each of them sees: the namespace's before the instance's.
rules contains [0, data.rules[input.namespace], input.path]

rules contains [1, data.rules["*"], input.repository]

# The ids of the rules that forbid what is asked, in the order of tags and rules.
forbidden := [rule.id |
	some tag in input.tags
	moves(tag)
	some [_, rule, subject] in rules
	keeps(rule)
	protects(rule, subject, tag.tag)
]

moves(_) if input.deletes

moves(tag) if {
	not input.deletes
	tag.current != "absent"
	tag.current != input.digest
}

keeps(_) if not input.deletes

keeps(rule) if rule.deletion == "deny"

protects(rule, subject, tag) if {
	some pair in rule.pairs
	selects(pair.repositories, subject)
	selects(pair.tags, tag)
}

selects(selector, text) if {
	not selector.excludes
	matches(selector, text)
}

selects(selector, text) if {
	selector.excludes
	not matches(selector, text)
}

matches(selector, text) if text in selector.literals

matches(selector, text) if {
	some pattern in selector.globs
	glob.match(pattern, ["/"], text)
}

matches(selector, text) if {
	some expression in selector.expressions
	regex.match(expression, text)
}
