package io.millrace.broker.kraft;

/** Told when the settings of a topic, or the broker's defaults for all topics, changed in the metadata. */
public interface ConfigChanges {
    /** The settings of this topic changed. Called on the thread that applies metadata, must not block. */
    void onTopicConfigs(String topic);

    /** Defaults changed that every topic may inherit. Called on the thread that applies metadata, must not block. */
    void onDefaultConfigs();
}
