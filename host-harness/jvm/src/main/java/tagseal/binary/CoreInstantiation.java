package tagseal.binary;

import java.util.Map;

/**
 * A core module that is instantiated.
 *
 * @param module the index of the module
 * @param imports what it imports: by the name of the module, a source of its fields
 */
public record CoreInstantiation(int module, Map<String, CoreInstance> imports) {}
