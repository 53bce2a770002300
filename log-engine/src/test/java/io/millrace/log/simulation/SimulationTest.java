package io.millrace.log.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Some of the histories in every build; the campaign plays thousands. */
class SimulationTest {
    private static final long FIRST_SEED = 1;

    private static final long LAST_SEED = 200;

    /** A seed of one's own: {@code -Dmillrace.simulation.seed=17}; so many from it on: {@code -Dmillrace.simulation.seeds=10000}. */
    @Test
    void oneSeed() throws IOException {
        long seed = Long.getLong("millrace.simulation.seed", FIRST_SEED);
        for (long i = 0; i < Long.getLong("millrace.simulation.seeds", 1); i++) {
            SimulationCampaign.play(seed + i);
        }
    }

    @Test
    void historiesAgreeWithTheModel() throws IOException {
        long crashes = 0;
        long faults = 0;
        long damages = 0;
        long cleanings = 0;
        long markers = 0;
        long recycled = 0;
        long prepared = 0;
        long tampered = 0;
        for (long seed = FIRST_SEED; seed <= LAST_SEED; seed++) {
            Outcome outcome = SimulationCampaign.play(seed);
            crashes += outcome.crashes();
            faults += outcome.faults();
            damages += outcome.damages();
            cleanings += outcome.cleanings();
            markers += outcome.markers();
            recycled += outcome.recycled();
            prepared += outcome.prepared();
            tampered += outcome.tampered();
        }
        assertTrue(crashes > 0 && faults > 0 && damages > 0, crashes + " " + faults + " " + damages);
        assertTrue(
                cleanings > 0 && markers > 0 && recycled > 0 && prepared > 0 && tampered > 0,
                "one of the kinds is not played");
    }

    /** Each has found something that is mended since. */
    @ParameterizedTest
    @ValueSource(longs = {239, 260, 265, 268, 325, 362, 368, 385, 456, 474, 534, 581})
    void historiesThatFoundSomethingAgree(long seed) throws IOException {
        assertTrue(SimulationCampaign.play(seed, Kind.PLAIN).crashes() > 0);
    }

    @Test
    void theSameSeedPlaysTheSameHistory() throws IOException {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 5; seed++) {
            assertEquals(SimulationCampaign.play(seed), SimulationCampaign.play(seed));
        }
        assertNotEquals(
                SimulationCampaign.play(1001).hash(),
                SimulationCampaign.play(1002).hash());
    }
}
