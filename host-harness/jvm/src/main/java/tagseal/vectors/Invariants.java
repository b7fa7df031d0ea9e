package tagseal.vectors;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tagseal.contract.Diagnostic;
import tagseal.contract.Refusal;
import tagseal.contract.Severity;

/** What holds for every answer, whatever was expected. */
final class Invariants {
    private static final int MAX_MESSAGE = 600;
    private static final int MAX_DIAGNOSTICS = 1000;
    private static final Set<String> CODES_WITH_A_RULE = Set.of("conflict", "not-found", "namespace-fixed");
    private static final Set<String> CODES_WITH_DIAGNOSTICS =
            Set.of("invalid", "invalid-document", "not-expressible", "conflict");

    private final List<String> faults = new ArrayList<>();

    List<String> faults() {
        return faults;
    }

    /** Notes a fault, unless something holds. */
    Invariants require(boolean holds, String expected) {
        if (!holds) {
            faults.add("expected " + expected);
        }
        return this;
    }

    /** A message is one line of printable ASCII. */
    Invariants line(String message) {
        boolean isPrintable = message.chars().allMatch(letter -> letter >= ' ' && letter <= '~');
        return require(
                isPrintable && message.length() <= MAX_MESSAGE, "a line of at most 600 printable ASCII characters");
    }

    /** Diagnostics have one severity, say what and what to do, and come in the order of their places. */
    Invariants diagnostics(List<Diagnostic> diagnostics, Severity severity) {
        long before = 0;
        // The last of more than 1,000 counts the rest, and has no place of its own.
        for (Diagnostic diagnostic : diagnostics.subList(0, Math.min(diagnostics.size(), MAX_DIAGNOSTICS))) {
            require(diagnostic.severity() == severity, "diagnostics of the severity " + severity.word());
            require(!diagnostic.message().isEmpty() && !diagnostic.help().isEmpty(), "a message and a help");
            long place = diagnostic.line() << 32 | diagnostic.column();
            require(place >= before, "diagnostics in the order of their places");
            before = place;
        }
        return this;
    }

    /** A refusal has a known code, and a rule and diagnostics where its code says so. */
    Invariants refusal(Refusal refusal, Set<String> codes) {
        require(codes.contains(refusal.code()), "one of the codes " + codes);
        require(!refusal.message().isEmpty() && refusal.message().indexOf('\n') < 0, "a message of one line");
        require(
                refusal.rule().isEmpty() || CODES_WITH_A_RULE.contains(refusal.code()),
                "no rule with the code " + refusal.code());
        require(
                refusal.diagnostics().isEmpty() || CODES_WITH_DIAGNOSTICS.contains(refusal.code()),
                "no diagnostics with the code " + refusal.code());
        return diagnostics(refusal.diagnostics(), Severity.PROBLEM);
    }
}
