/** Integration tests: real clients and tools against the executable jar, on real input. They run after {@code package}. */
package io.millrace.broker.it;
