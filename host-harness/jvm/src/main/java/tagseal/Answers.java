package tagseal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tagseal.contract.Changed;
import tagseal.contract.ChangedRule;
import tagseal.contract.Converted;
import tagseal.contract.Diagnostic;
import tagseal.contract.Refusal;
import tagseal.contract.Severity;

/** Turns answers, as {@link AnswerReader} reads them, into those of the contract. Their types were checked on loading. */
final class Answers {
    private static final List<Severity> SEVERITIES = List.of(Severity.PROBLEM, Severity.WARNING);

    private Answers() {}

    static List<Diagnostic> diagnostics(Object answer) {
        return ((List<?>) answer).stream().map(Answers::diagnostic).toList();
    }

    static Refusal refusal(Object answer) {
        Map<?, ?> fields = (Map<?, ?>) answer;
        OptionalLong rule = ((Optional<?>) fields.get("rule"))
                .map(id -> OptionalLong.of((Long) id))
                .orElse(OptionalLong.empty());
        return new Refusal(
                (String) fields.get("code"),
                (String) fields.get("message"),
                rule,
                diagnostics(fields.get("diagnostics")));
    }

    static Changed changed(Object answer) {
        Map<?, ?> fields = (Map<?, ?>) answer;
        List<ChangedRule> rules = ((List<?>) fields.get("rules"))
                .stream().map(Answers::changedRule).toList();
        return new Changed((String) fields.get("document"), (Long) fields.get("revision"), rules);
    }

    static Converted converted(Object answer) {
        Map<?, ?> fields = (Map<?, ?>) answer;
        return new Converted((String) fields.get("text"), diagnostics(fields.get("losses")));
    }

    private static ChangedRule changedRule(Object answer) {
        Map<?, ?> fields = (Map<?, ?>) answer;
        Optional<String> rule = ((Optional<?>) fields.get("rule")).map(String.class::cast);
        return new ChangedRule((Long) fields.get("id"), rule, diagnostics(fields.get("warnings")));
    }

    private static Diagnostic diagnostic(Object answer) {
        Map<?, ?> fields = (Map<?, ?>) answer;
        return new Diagnostic(
                SEVERITIES.get((Integer) fields.get("severity")),
                (String) fields.get("pointer"),
                (Long) fields.get("line"),
                (Long) fields.get("column"),
                (String) fields.get("message"),
                (String) fields.get("help"));
    }
}
