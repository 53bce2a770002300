package io.millrace.broker.cli;

import io.millrace.broker.config.EditDistance;
import java.util.Collection;

/** Refuses a name that is not known, with the nearest one that is. */
final class Nearest {
    private Nearest() {}

    static void require(final String what, final String name, final String option, final Collection<String> known) {
        if (!known.contains(name)) {
            throw new UsageException(option + " " + name + ": unknown " + what + hint(name, known));
        }
    }

    private static String hint(final String name, final Collection<String> known) {
        String best = "";
        int bestEdits = Math.max(2, name.length() / 3) + 1;
        for (final String candidate : known) {
            final int edits = EditDistance.between(name, candidate, bestEdits);
            if (edits < bestEdits) {
                bestEdits = edits;
                best = candidate;
            }
        }
        return best.isEmpty() ? "" : ", did you mean " + best + "?";
    }
}
