package io.millrace.broker.node;

import io.millrace.broker.admin.EffectiveConfigs;
import io.millrace.broker.config.ValidationSettings;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.broker.schema.RegistryService;
import io.millrace.broker.schema.validate.RecordSchemaCheck;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of topics, with a check of records for those that ask for one. Owned by the node; any thread. */
final class CheckedTopics implements Function<String, TopicSettings> {
    private final EffectiveConfigs configs;

    /** Set once, before the first topic comes to this node. */
    private volatile @Nullable RegistryService registry;

    CheckedTopics(EffectiveConfigs configs) {
        this.configs = configs;
    }

    void registry(@Nullable RegistryService service) {
        registry = service;
    }

    @Override
    public TopicSettings apply(String topic) {
        TopicSettings settings = configs.settings(topic);
        ValidationSettings validation = configs.validation(topic);
        RegistryService service = registry;
        return validation.on()
                ? settings.with(new RecordSchemaCheck(topic, validation, service == null ? null : service.store()))
                : settings;
    }
}
