package io.millrace.perf.powercut;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the cuts came to. Used by one thread. */
final class Tally {
    private final List<String> violations = new ArrayList<>();
    private int cuts;
    private int cutsWhileOpening;
    private int cutsAfterRecovery;
    private long acknowledgements;
    private long acknowledgedRecords;
    private long lostRecords;
    private int cutsWithLoss;
    private long recordsRead;
    private long pagesKept;
    private long pagesLost;
    private long recycledSegments;
    private int firstStarts;

    void cut(boolean whileOpening, long acknowledged) {
        cuts++;
        cutsWhileOpening += whileOpening ? 1 : 0;
        acknowledgements += acknowledged;
    }

    void cutAfterRecovery() {
        cutsAfterRecovery++;
    }

    /** Segments that were written into files of expired ones. */
    void recycled(long segments) {
        recycledSegments += segments;
    }

    void pages(long kept, long lost) {
        pagesKept += kept;
        pagesLost += lost;
    }

    /** Records that were acknowledged in the last run, and how many of them are not there. */
    void verified(long acknowledged, long lost, long read) {
        acknowledgedRecords += acknowledged;
        lostRecords += lost;
        cutsWithLoss += lost > 0 ? 1 : 0;
        recordsRead += read;
    }

    void firstStart() {
        firstStarts++;
    }

    void violated(String what) {
        violations.add(what);
    }

    int cuts() {
        return cuts;
    }

    int violations() {
        return violations.size();
    }

    String words() {
        return cuts + " cuts (" + cutsWhileOpening + " while the logs were opened), " + acknowledgements
                + " acknowledgements of " + acknowledgedRecords + " records, " + lostRecords + " of them lost in "
                + cutsWithLoss + " cuts, " + recordsRead + " records read back, " + recycledSegments
                + " segments in recycled files, " + violations.size() + " violations";
    }

    String json(Map<String, String> facts) {
        String environment = facts.entrySet().stream()
                .map(each -> quoted(each.getKey()) + ": " + quoted(each.getValue()))
                .collect(Collectors.joining(", "));
        String broken = violations.stream().map(Tally::quoted).collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "{\"environment\": {%s},%n \"cuts\": %d, \"cutsWhileOpening\": %d, \"cutsAfterRecovery\": %d,%n"
                        + " \"acknowledgements\": %d, \"acknowledgedRecords\": %d, \"lostRecords\": %d,"
                        + " \"cutsWithLoss\": %d, \"recordsRead\": %d,%n"
                        + " \"pagesKept\": %d, \"pagesLost\": %d, \"recycledSegments\": %d, \"firstStarts\": %d,%n \"violations\": [%s]}%n",
                environment,
                cuts,
                cutsWhileOpening,
                cutsAfterRecovery,
                acknowledgements,
                acknowledgedRecords,
                lostRecords,
                cutsWithLoss,
                recordsRead,
                pagesKept,
                pagesLost,
                recycledSegments,
                firstStarts,
                broken);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
