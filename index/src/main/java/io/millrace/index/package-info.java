@org.jspecify.annotations.NullMarked
package io.millrace.index;
