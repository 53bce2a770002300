package io.millrace.broker.metrics;

import io.millrace.broker.net.EventLoops;
import io.millrace.broker.net.http.HttpCall;
import io.millrace.broker.net.http.HttpListener;
import io.millrace.broker.net.http.HttpService;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.stat.NodeTimes;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port for monitoring: {@code GET /metrics}, {@code /healthz} (200 while the process answers), {@code /readyz} (200 while clients are
 * served, 503 before and after). Owned by the node. A scrape is made on one thread; while eight wait, more are answered 503.
 */
public final class MonitoringService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MonitoringService.class);
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final int BODY_BYTES_MAX = 1024;
    private static final int WAITING_MOST = 8;
    private static final long IDLE_S = 30;

    /**
     * What is told.
     *
     * @param partitions of this node
     * @param times of its event loops
     * @param activeController whether this node is the quorum's leader
     * @param ready whether clients are served
     */
    public record Sources(
            PartitionRegistry partitions, NodeTimes times, BooleanSupplier activeController, BooleanSupplier ready) {}

    private final Sources sources;
    private final ExecutorService scrapes;
    private final HttpListener listener;

    private MonitoringService(Sources sources, String host, int port, EventLoops loops) throws IOException {
        this.sources = sources;
        this.scrapes = scrapes();
        HttpService service = this::handle;
        try {
            this.listener = HttpListener.bind(host, port, BODY_BYTES_MAX, loops, service);
        } catch (IOException e) {
            scrapes.shutdown();
            throw e;
        }
    }

    private static ExecutorService scrapes() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                1, 1, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MOST), task -> {
                    Thread thread = new Thread(task, "millrace-metrics");
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /**
     * Takes the port and answers from now on.
     *
     * @throws IOException when the address cannot be bound
     */
    public static MonitoringService open(Sources sources, String host, int port, EventLoops loops) throws IOException {
        MonitoringService service = new MonitoringService(sources, host, port, loops);
        service.listener.open();
        return service;
    }

    /** The port, also where the system chose it. */
    public int boundPort() {
        return listener.boundPort();
    }

    private void handle(HttpCall call) {
        if (!call.method().equals("GET") && !call.method().equals("HEAD")) {
            call.respond(405, TEXT, bytes("GET only\n"));
            return;
        }
        int query = call.uri().indexOf('?');
        switch (query < 0 ? call.uri() : call.uri().substring(0, query)) {
            case "/metrics" -> scrape(call);
            case "/healthz" -> call.respond(200, TEXT, bytes("alive\n"));
            case "/readyz" -> {
                boolean ready = sources.ready().getAsBoolean();
                call.respond(ready ? 200 : 503, TEXT, bytes(ready ? "ready\n" : "not ready\n"));
            }
            default -> call.respond(404, TEXT, bytes("there are /metrics, /healthz and /readyz\n"));
        }
    }

    private void scrape(HttpCall call) {
        try {
            scrapes.execute(() -> answer(call));
        } catch (RejectedExecutionException e) {
            call.respond(503, TEXT, bytes("too many scrapes wait\n"));
        }
    }

    private void answer(HttpCall call) {
        try {
            call.respond(200, PrometheusTextFormatWriter.CONTENT_TYPE, text());
        } catch (IOException | RuntimeException e) {
            LOG.warn("metrics not written", e);
            call.respond(500, TEXT, bytes("the metrics could not be written: the node's log says why\n"));
        }
    }

    private byte[] text() throws IOException {
        List<MetricSnapshot> all = new ArrayList<>(new PartitionFigures(sources.partitions()).collect());
        all.add(PartitionFigures.gauge(
                "kafka_controller_kafkacontroller_activecontrollercount",
                "1 where this node is the active controller.",
                sources.activeController().getAsBoolean() ? 1 : 0));
        all.add(StageFigures.collect(sources.times()));
        all.addAll(ProcessFigures.collect());
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(text, new MetricSnapshots(all));
        return text.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Closes the port. */
    @Override
    public void close() {
        listener.close();
        scrapes.shutdown();
    }
}
