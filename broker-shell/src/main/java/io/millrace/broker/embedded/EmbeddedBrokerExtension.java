package io.millrace.broker.embedded;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives the tests of a class one broker, started for the first that asks for it and closed after the last.
 *
 * <pre>{@code
 * @ExtendWith(EmbeddedBrokerExtension.class)
 * class OrdersTest {
 *     @Test
 *     void ordersArrive(EmbeddedBroker broker) { … broker.bootstrapServers() … }
 * }
 * }</pre>
 *
 * <p>With settings: {@code @RegisterExtension static final EmbeddedBrokerExtension BROKER = new EmbeddedBrokerExtension(b ->
 * b.setting("num.partitions", "3"));}. Needs JUnit 6 (junit-jupiter-api), which a test has; nothing else of the broker does.
 */
public final class EmbeddedBrokerExtension implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(EmbeddedBrokerExtension.class);

    private final UnaryOperator<EmbeddedBroker.Builder> settings;

    /** Brokers with default settings. */
    public EmbeddedBrokerExtension() {
        this(UnaryOperator.identity());
    }

    /** Brokers with settings. */
    public EmbeddedBrokerExtension(UnaryOperator<EmbeddedBroker.Builder> settings) {
        this.settings = settings;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == EmbeddedBroker.class;
    }

    @Override
    public EmbeddedBroker resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> tests = context.getRequiredTestClass();
        ExtensionContext ofClass = context;
        while (ofClass.getTestMethod().isPresent()) {
            ofClass = ofClass.getParent().orElseThrow();
        }
        return ofClass.getStore(NAMESPACE)
                .computeIfAbsent(
                        tests, key -> settings.apply(EmbeddedBroker.builder()).start(), EmbeddedBroker.class);
    }
}
