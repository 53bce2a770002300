package io.millrace.broker.schema.registry;

/** A refusal as the client is told it: Confluent's error code, whose first three digits are the HTTP status, and a sentence. */
public final class RegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;

    private RegistryException(int code, String message) {
        super(message, null, false, false); // an answer, not a fault: no stack trace
        this.code = code;
    }

    /** The code of the answer. */
    public int code() {
        return code;
    }

    /** The status of the answer. */
    public int status() {
        return code < 1000 ? code : code / 100;
    }

    static RegistryException subjectNotFound(String subject) {
        return new RegistryException(40401, "Subject '" + subject + "' not found.");
    }

    static RegistryException versionNotFound(Object version) {
        return new RegistryException(40402, "Version " + version + " not found.");
    }

    static RegistryException schemaNotFound() {
        return new RegistryException(40403, "Schema not found");
    }

    static RegistryException schemaNotFound(int id) {
        return new RegistryException(40403, "Schema " + id + " not found");
    }

    static RegistryException subjectSoftDeleted(String subject) {
        return new RegistryException(
                40404, "Subject '" + subject + "' was soft deleted. Set permanent=true to delete permanently");
    }

    static RegistryException subjectNotSoftDeleted(String subject) {
        return new RegistryException(
                40405, "Subject '" + subject + "' was not deleted first before being permanently deleted");
    }

    static RegistryException versionSoftDeleted(String subject, int version) {
        return new RegistryException(
                40406,
                "Subject '" + subject + "' Version " + version
                        + " was soft deleted. Set permanent=true to delete permanently");
    }

    static RegistryException versionNotSoftDeleted(String subject, int version) {
        return new RegistryException(
                40407,
                "Subject '" + subject + "' Version " + version
                        + " was not deleted first before being permanently deleted");
    }

    static RegistryException noCompatibility(String subject) {
        return new RegistryException(
                40408, "Subject '" + subject + "' does not have subject-level compatibility configured");
    }

    static RegistryException noMode(String subject) {
        return new RegistryException(40409, "Subject '" + subject + "' does not have subject-level mode configured");
    }

    static RegistryException incompatible(String subject, Object details) {
        return new RegistryException(
                409,
                "Schema being registered is incompatible with an earlier schema for subject \"" + subject
                        + "\", details: " + details);
    }

    /** The schema is none, or its references lead nowhere. */
    public static RegistryException invalidSchema(String sentence) {
        return new RegistryException(42201, sentence);
    }

    /** No version number. */
    public static RegistryException invalidVersion(String version) {
        return new RegistryException(
                42202,
                "The specified version '" + version
                        + "' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");
    }

    static RegistryException invalidLevel(String level) {
        return new RegistryException(
                42203,
                "Invalid compatibility level '" + level + "'. Valid values are none, backward, forward, full,"
                        + " backward_transitive, forward_transitive, and full_transitive");
    }

    static RegistryException invalidMode(String mode) {
        return new RegistryException(
                42204,
                "Invalid mode '" + mode + "'. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT");
    }

    static RegistryException notPermitted(String sentence) {
        return new RegistryException(42205, sentence);
    }

    static RegistryException referenceExists(String subject, int version) {
        return new RegistryException(
                42206, "One or more references exist to the schema subject=" + subject + ", version=" + version + ".");
    }

    /** A name that no subject can have. */
    public static RegistryException invalidSubject(String subject) {
        return new RegistryException(42208, "The specified subject '" + subject + "' is not a valid subject.");
    }

    /** The request itself cannot be understood. */
    public static RegistryException badRequest(String sentence) {
        return new RegistryException(400, sentence);
    }

    /** Understood and of no use. */
    public static RegistryException unprocessable(String sentence) {
        return new RegistryException(422, sentence);
    }

    /** No such path. */
    public static RegistryException notFound() {
        return new RegistryException(404, "HTTP 404 Not Found");
    }

    /** The path takes other methods. */
    public static RegistryException methodNotAllowed() {
        return new RegistryException(405, "HTTP 405 Method Not Allowed");
    }

    /** A body that is no JSON. */
    public static RegistryException unsupportedMediaType(String type) {
        return new RegistryException(415, "HTTP 415 Unsupported Media Type: " + type);
    }

    /** The topic could not be written. */
    public static RegistryException store(String sentence) {
        return new RegistryException(50001, "Error in the backend data store: " + sentence);
    }

    static RegistryException unknownLeader(String sentence) {
        return new RegistryException(50004, sentence);
    }
}
