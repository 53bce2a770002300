package io.millrace.broker.admin;

import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.LogLevelConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;

/** Changes the log levels of this process as IncrementalAlterConfigs asks: all of a resource's changes, or none. */
final class LoggerChanges {
    private final int nodeId;
    private final BrokerLoggers loggers;

    LoggerChanges(int nodeId, BrokerLoggers loggers) {
        this.nodeId = nodeId;
        this.loggers = loggers;
    }

    void apply(AlterConfigsResource resource, boolean validateOnly) {
        int id = ConfigChangeCheck.nodeId(resource.resourceName());
        if (id != nodeId) {
            throw new InvalidRequestException("Unexpected node id. Expected " + nodeId + ", but received " + id);
        }
        resource.configs().forEach(this::check);
        if (!validateOnly) {
            resource.configs().forEach(this::change);
        }
    }

    private void check(AlterableConfig change) {
        OpType operation = OpType.forId(change.configOperation());
        if (operation != OpType.SET && operation != OpType.DELETE) {
            throw new InvalidRequestException(operation + " operation is not allowed for the BROKER_LOGGER resource");
        }
        if (!loggers.exists(change.name())) {
            throw new InvalidConfigurationException("Logger " + change.name() + " does not exist!");
        }
        if (operation == OpType.SET && !LogLevelConfig.VALID_LOG_LEVELS.contains(change.value())) {
            throw new InvalidConfigurationException("Cannot set the log level of " + change.name() + " to "
                    + change.value() + " as it is not a supported log level. Valid log levels are "
                    + String.join(", ", new TreeSet<>(LogLevelConfig.VALID_LOG_LEVELS)));
        }
        if (operation == OpType.DELETE && change.name().equals(BrokerLoggers.ROOT)) {
            throw new InvalidRequestException("Removing the log level of the root logger is not allowed");
        }
    }

    private void change(AlterableConfig change) {
        boolean set = OpType.forId(change.configOperation()) == OpType.SET;
        loggers.setLevel(change.name(), set ? change.value() : null);
    }
}
