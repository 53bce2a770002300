package io.millrace.broker.stat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ten slowest requests of one loop in the running period and in the one before, so that a slow start does not hide the day. A period
 * is {@value #PERIOD_S} seconds. The places are made once; owned by the loop.
 */
final class SlowRequests {
    static final int KEPT = 10;
    private static final int PERIOD_S = 300;
    private static final long PERIOD_NS = PERIOD_S * 1_000_000_000L;

    private Period current = new Period();
    private Period previous = new Period();
    private long periodEndNs = System.nanoTime() + PERIOD_NS;

    /**
     * One slow request.
     *
     * @param api name of its API
     * @param connection id of its connection
     * @param endedMs wall clock
     * @param stages nanoseconds, by {@link Stage}
     */
    record Slow(String api, String connection, int correlationId, long endedMs, long totalNs, List<Long> stages) {}

    /** Keeps the request if it is one of the slowest. */
    void offer(String api, String connection, int correlationId, long totalNs, long[] stages) {
        if (totalNs > current.leastNs) {
            current.put(api, connection, correlationId, totalNs, stages);
        }
    }

    /** Called about once a second. */
    void turnOver(long nowNs) {
        if (nowNs - periodEndNs >= 0) {
            periodEndNs = nowNs + PERIOD_NS;
            Period oldest = previous;
            previous = current;
            oldest.clear();
            current = oldest;
        }
    }

    List<Slow> copy() {
        List<Slow> all = new ArrayList<>(2 * KEPT);
        current.copyTo(all);
        previous.copyTo(all);
        return all;
    }

    /** Ten places; {@code leastNs} is what a request must pass to get one. */
    private static final class Period {
        private final Place[] places = new Place[KEPT];
        private long leastNs;

        Period() {
            for (int i = 0; i < KEPT; i++) {
                places[i] = new Place();
            }
        }

        void put(String api, String connection, int correlationId, long totalNs, long[] stages) {
            Place fastest = fastest();
            fastest.api = api;
            fastest.connection = connection;
            fastest.correlationId = correlationId;
            fastest.endedMs = System.currentTimeMillis();
            fastest.totalNs = totalNs;
            System.arraycopy(stages, 0, fastest.stages, 0, Stage.OF_REQUEST);
            leastNs = fastest().totalNs;
        }

        private Place fastest() {
            Place fastest = places[0];
            for (Place place : places) {
                if (place.totalNs < fastest.totalNs) {
                    fastest = place;
                }
            }
            return fastest;
        }

        void clear() {
            leastNs = 0;
            for (Place place : places) {
                place.totalNs = 0;
            }
        }

        void copyTo(List<Slow> all) {
            for (Place place : places) {
                if (place.totalNs > 0) {
                    all.add(new Slow(
                            place.api,
                            place.connection,
                            place.correlationId,
                            place.endedMs,
                            place.totalNs,
                            Arrays.stream(place.stages).boxed().toList()));
                }
            }
        }
    }

    /** Used again and again. */
    private static final class Place {
        private String api = "";
        private String connection = "";
        private int correlationId;
        private long endedMs;
        private long totalNs;
        private final long[] stages = new long[Stage.OF_REQUEST];
    }
}
