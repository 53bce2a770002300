/** The engine on directories that Apache Kafka 4.3.1 wrote: whole, torn and damaged. Through the public face only. */
package io.millrace.log.golden;
