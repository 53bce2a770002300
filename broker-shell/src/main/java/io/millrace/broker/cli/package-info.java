@org.jspecify.annotations.NullMarked
package io.millrace.broker.cli;
