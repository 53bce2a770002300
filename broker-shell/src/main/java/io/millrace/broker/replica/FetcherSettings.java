package io.millrace.broker.replica;

/**
 * What a follower asks for. Sizes in bytes, times in milliseconds.
 *
 * @param nodeId of this broker
 * @param fetchersPerLeader {@code num.replica.fetchers}: connections and threads for each broker that leads
 * @param waitMsMax {@code replica.fetch.wait.max.ms}: how long a leader may keep a fetch that finds nothing
 * @param bytesMin {@code replica.fetch.min.bytes}: less than that is not worth an answer before
 * @param partitionBytesMax {@code replica.fetch.max.bytes}; a larger first batch comes whole all the same
 * @param answerBytesMax {@code replica.fetch.response.max.bytes}; likewise
 * @param backoffMsMax {@code replica.fetch.backoff.ms}: the longest pause after an error; the first ones are shorter
 */
public record FetcherSettings(
        int nodeId,
        int fetchersPerLeader,
        int waitMsMax,
        int bytesMin,
        int partitionBytesMax,
        int answerBytesMax,
        int backoffMsMax) {}
