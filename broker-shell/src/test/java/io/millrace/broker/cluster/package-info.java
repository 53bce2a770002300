/** Several nodes of one cluster, in one JVM or as processes, with the clients that people use. */
package io.millrace.broker.cluster;
