package tagseal;

import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;

/** A table that counts what it holds. */
final class CappedTable extends TableInstance {
    /** Bytes that an element takes: a number and a reference, with room. */
    static final long ELEMENT_BYTES = 16;

    private final MemoryBudget budget;

    private CappedTable(Table table, int initialValue, MemoryBudget budget) {
        super(table, initialValue);
        this.budget = budget;
    }

    /** A table of an instance. Its limits are a copy: the runtime writes into them, and modules are shared. */
    static CappedTable create(Table table, int initialValue, MemoryBudget budget) {
        budget.grow(table.limits().min() * ELEMENT_BYTES);
        TableLimits limits =
                new TableLimits(table.limits().min(), table.limits().max());
        return new CappedTable(new Table(table.elementType(), limits, table.initialize()), initialValue, budget);
    }

    @Override
    public int grow(int size, int value, Instance instance) {
        budget.grow(Integer.toUnsignedLong(size) * ELEMENT_BYTES);
        return super.grow(size, value, instance);
    }

    @Override
    public int growWithRef(int size, Object refValue, Instance instance) {
        budget.grow(Integer.toUnsignedLong(size) * ELEMENT_BYTES);
        return super.growWithRef(size, refValue, instance);
    }
}
