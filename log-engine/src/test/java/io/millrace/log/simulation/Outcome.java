package io.millrace.log.simulation;

/**
 * What a history came to.
 *
 * @param seed decides all of it
 * @param hash of every step, every answer and every byte at the end
 * @param steps operations on the logs
 * @param fileOperations operations on files that the engine made
 * @param crashes losses of power
 * @param kills ends of the process alone
 * @param closes orderly stops
 * @param faults operations on files that were made to fail
 * @param damages bits flipped and files cut behind the engine's back
 * @param records that stood in the logs at the end
 * @param cleanings completed by the cleaner
 * @param markers of transactions
 * @param recycled expired files that became segments
 * @param prepared segments in files that had been made ready
 * @param tampered files cut or deleted under the running engine
 */
record Outcome(
        long seed,
        long hash,
        int steps,
        long fileOperations,
        int crashes,
        int kills,
        int closes,
        long faults,
        int damages,
        long records,
        int cleanings,
        long markers,
        int recycled,
        int prepared,
        int tampered) {}
